/*
what:   Grants what a load needs: it copies from the stage, replaces a day's rows or the networks,
        and holds the lock; a second look notes in the ledger that a day is verified.
reads:  nothing
writes: grants to the role of the connection snowflake_default
re-run: changes nothing.
*/
grant usage on file format amplitude_json to role identifier(%(loader)s);
grant usage on file format amplitude_lines to role identifier(%(loader)s);
grant usage on stage amplitude_stage to role identifier(%(loader)s);
grant select, insert, delete on table amplitude_raw to role identifier(%(loader)s);
grant select, insert, update, delete on table amplitude_loads to role identifier(%(loader)s);
grant select, insert, delete on table amplitude_files to role identifier(%(loader)s);
grant select, insert, delete on table amplitude_provisional to role identifier(%(loader)s);
grant select, insert, delete on table ip_networks to role identifier(%(loader)s);
grant select, update on table amplitude_lock to role identifier(%(loader)s)
