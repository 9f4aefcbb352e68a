/*
what:   The database that the connection snowflake_default names.
reads:  nothing
writes: the database
re-run: changes nothing; its content stays.
*/
create database if not exists identifier(%(database)s) comment = %(mark)s
