/*
what:   The five roles: an owner of the objects, a loader for the daily runs, a transformer for dbt,
        a reader of everything and an analyst, who reads the answers.
reads:  nothing
writes: roles amplitude_owner, amplitude_transformer, amplitude_reader, amplitude_analyst, and the
        role of the connection snowflake_default
re-run: changes nothing; grants stay.
*/
create role if not exists amplitude_owner;
create role if not exists amplitude_transformer;
create role if not exists amplitude_reader;
create role if not exists amplitude_analyst;
create role if not exists identifier(%(loader)s)
