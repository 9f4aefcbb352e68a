/*
what:   The table's columns with their types.
reads:  the table's definition
writes: nothing
re-run: safe.
*/
desc table identifier(%(table)s)
