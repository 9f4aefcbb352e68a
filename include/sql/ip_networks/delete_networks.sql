/*
what:   Deletes all networks; the same transaction copies in the new ones.
reads:  nothing
writes: ip_networks (every row)
re-run: deletes the rows of an earlier load.
*/
delete from ip_networks
