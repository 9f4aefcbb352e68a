/*
what:   Takes away what create_table.sql has made.
reads:  nothing
writes: the table, which is gone
re-run: safe.
*/
drop table if exists identifier(%(table)s)
