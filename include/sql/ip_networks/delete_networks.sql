/*
what:   Makes room for the networks that the same transaction copies in.
reads:  nothing
writes: ip_networks (every row)
re-run: deletes what an earlier load left.
*/
delete from ip_networks
