/*
what:   The schemas of the database with their owners, and which of them have managed access.
reads:  the database's schemas
writes: nothing
re-run: safe.
*/
show schemas in database identifier(%(database)s)
