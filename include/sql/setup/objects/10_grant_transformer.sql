/*
what:   Grants what the transform reads of the raw schema; all else it creates itself, in SILVER and
        GOLD.
reads:  nothing
writes: grants to the role of the transformer
re-run: changes nothing.
*/
grant select on table amplitude_raw to role identifier(%(transformer)s);
grant select on table ip_networks to role identifier(%(transformer)s)
