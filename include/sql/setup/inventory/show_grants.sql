/*
what:   What one role may do, and which roles it holds.
reads:  the role's grants
writes: nothing
re-run: safe.
*/
show grants to role identifier(%(role)s)
