/*
what:   Probes the privilege to delete networks, without deleting a row.
reads:  nothing
writes: nothing (ip_networks would be written)
re-run: safe.
*/
delete from ip_networks
where false
