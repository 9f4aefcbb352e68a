/*
what:   Grants the fresh events to those who read the final ones.
reads:  nothing
writes: grants to the roles of transformer and reader
re-run: changes nothing.
*/
grant select on view amplitude_raw_fresh to role identifier(%(transformer)s);
grant select on view amplitude_raw_fresh to role identifier(%(reader)s)
