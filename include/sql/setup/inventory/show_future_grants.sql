/*
what:   What one role will have on objects that are still to be made.
reads:  the role's future grants
writes: nothing
re-run: safe.
*/
show future grants to role identifier(%(role)s)
