/*
what:   The user that the daily runs log in as. A service user has no password; its public key,
        token or workload identity is set separately.
reads:  nothing
writes: the user of the connection snowflake_default
re-run: changes nothing; its keys stay.
*/
create user if not exists identifier(%(user)s)
    type = service
    default_role = %(loader)s
    default_warehouse = %(warehouse)s
    default_secondary_roles = ()
    comment = %(mark)s
