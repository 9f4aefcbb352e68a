/*
what:   Asks for the right to delete networks, with no row.
reads:  nothing
writes: nothing (ip_networks would be written)
re-run: safe.
*/
delete from ip_networks
where false
