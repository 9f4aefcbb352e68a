/*
what:   Grants the roles: the service user loads and transforms, a reader also has the privileges of
        an analyst, and administrators hold all five roles.
reads:  nothing
writes: grants of roles
re-run: changes nothing.
*/
grant role amplitude_owner to role sysadmin;
grant role amplitude_transformer to role sysadmin;
grant role amplitude_transformer to user identifier(%(user)s);
grant role amplitude_reader to role sysadmin;
grant role amplitude_analyst to role sysadmin;
grant role amplitude_analyst to role amplitude_reader;
grant role identifier(%(loader)s) to role sysadmin;
grant role identifier(%(loader)s) to user identifier(%(user)s)
