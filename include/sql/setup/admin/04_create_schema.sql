/*
what:   The schema of the raw events, which the connection snowflake_default names.
reads:  nothing
writes: the schema
re-run: changes nothing; all that is in it stays.
*/
create schema if not exists identifier(%(schema)s)
