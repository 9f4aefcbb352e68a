/*
what:   The session's secondary roles as JSON: {"roles": "A,B", "value": "ALL"}, or empty texts.
reads:  nothing
writes: nothing
re-run: safe.
*/
select current_secondary_roles() as secondary_roles
