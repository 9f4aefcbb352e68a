/*
what:   Grants the roles: the service user loads and transforms, a reader also has the privileges of
        an analyst, and administrators hold all five roles.
reads:  nothing
writes: grants of roles
re-run: changes nothing.
*/
grant role identifier(%(owner)s) to role sysadmin;
grant role identifier(%(transformer)s) to role sysadmin;
grant role identifier(%(transformer)s) to user identifier(%(user)s);
grant role identifier(%(reader)s) to role sysadmin;
grant role identifier(%(analyst)s) to role sysadmin;
grant role identifier(%(analyst)s) to role identifier(%(reader)s);
grant role identifier(%(loader)s) to role sysadmin;
grant role identifier(%(loader)s) to user identifier(%(user)s)
