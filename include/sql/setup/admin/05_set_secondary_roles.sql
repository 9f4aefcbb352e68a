/*
what:   Leaves each session of the service user the rights of one role. By default it would also
        have those of the user's other roles, and the loader could do what the transformer can.
reads:  nothing
writes: the user's DEFAULT_SECONDARY_ROLES
re-run: the same again.
*/
alter user identifier(%(user)s) set default_secondary_roles = ()
