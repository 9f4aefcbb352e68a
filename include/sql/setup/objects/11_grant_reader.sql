/*
what:   Grants what people and reports read of the raw schema: the events, also the
        provisional ones, the ledgers and the networks.
reads:  nothing
writes: grants to the role of the reader
re-run: changes nothing.
*/
grant select on table amplitude_raw to role identifier(%(reader)s);
grant select on table amplitude_loads to role identifier(%(reader)s);
grant select on table amplitude_files to role identifier(%(reader)s);
grant select on table amplitude_provisional to role identifier(%(reader)s);
grant select on table ip_networks to role identifier(%(reader)s)
