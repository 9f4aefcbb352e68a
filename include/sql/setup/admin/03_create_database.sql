/*
what:   The database that the connection snowflake_default names.
reads:  nothing
writes: the database
re-run: changes nothing; all that is in it stays.
*/
create database if not exists identifier(%(database)s)
