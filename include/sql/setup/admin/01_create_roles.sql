/*
what:   The three roles: an owner of the objects, a loader for the daily runs, a reader for people.
reads:  nothing
writes: roles amplitude_owner and amplitude_reader, and the role of the connection snowflake_default
re-run: changes nothing; grants stay.
*/
create role if not exists amplitude_owner;
create role if not exists amplitude_reader;
create role if not exists identifier(%(loader)s)
