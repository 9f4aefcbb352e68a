/*
what:   The privileges of a role, and the roles that it holds.
reads:  the role's grants
writes: nothing
re-run: safe.
*/
show grants to role identifier(%(role)s)
