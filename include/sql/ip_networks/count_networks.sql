/*
what:   The number of networks in the table, to compare with the file before the commit.
reads:  ip_networks
writes: nothing
re-run: safe.
*/
select count(*) as networks
from ip_networks
