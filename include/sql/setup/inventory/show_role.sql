/*
what:   The role of the connection snowflake_default with its comment, and like names.
reads:  the account's roles
writes: nothing
re-run: safe.
*/
show roles like %(loader)s
