/*
what:   Who holds one role: users, and roles above it.
reads:  the role's grants
writes: nothing
re-run: safe.
*/
show grants of role identifier(%(role)s)
