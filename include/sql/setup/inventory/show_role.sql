/*
what:   The role of the connection snowflake_default with its comment, and names that are like it.
reads:  the account's roles
writes: nothing
re-run: safe.
*/
show roles like %(loader)s
