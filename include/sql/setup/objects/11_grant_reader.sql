/*
what:   Grants what people and reports read of the raw schema: the events, the ledger and the
        networks.
reads:  nothing
writes: grants to role amplitude_reader
re-run: changes nothing.
*/
grant select on table amplitude_raw to role amplitude_reader;
grant select on table amplitude_loads to role amplitude_reader;
grant select on table ip_networks to role amplitude_reader
