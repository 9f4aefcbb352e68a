/*
what:   Asks for the right to make tables in a schema.
reads:  nothing
writes: the table, which drop_table.sql drops
re-run: after drop_table.sql, also of what a look that died has left.
*/
create transient table identifier(%(table)s) (probe number)
