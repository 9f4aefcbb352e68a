/*
what:   What people and reports read: the events and the ledger.
reads:  nothing
writes: grants to role amplitude_reader
re-run: changes nothing.
*/
grant select on table amplitude_raw to role amplitude_reader;
grant select on table amplitude_loads to role amplitude_reader
