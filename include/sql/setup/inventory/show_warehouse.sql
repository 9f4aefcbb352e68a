/*
what:   The warehouse of the connection snowflake_default with its owner, and like names.
reads:  the account's warehouses
writes: nothing
re-run: safe.
*/
show warehouses like %(warehouse)s
