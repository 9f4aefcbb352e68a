/*
what:   The users and roles that hold a role.
reads:  the role's grants
writes: nothing
re-run: safe.
*/
show grants of role identifier(%(role)s)
