/*
what:   The database of the connection snowflake_default with its comment and owner, and like
        names.
reads:  the account's databases
writes: nothing
re-run: safe.
*/
show databases like %(database)s
