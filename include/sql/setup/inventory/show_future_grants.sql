/*
what:   The privileges that a role will have on objects that are still to be created.
reads:  the role's future grants
writes: nothing
re-run: safe.
*/
show future grants to role identifier(%(role)s)
