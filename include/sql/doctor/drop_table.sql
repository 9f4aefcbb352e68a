/*
what:   Drops the table that create_table.sql has created.
reads:  nothing
writes: the table, which is dropped
re-run: safe.
*/
drop table if exists identifier(%(table)s)
