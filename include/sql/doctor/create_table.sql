/*
what:   Probes the privilege to create tables in a schema.
reads:  nothing
writes: the table, which drop_table.sql drops
re-run: after drop_table.sql, which also drops the table that a killed check has left.
*/
create transient table identifier(%(table)s) (probe number)
