/*
what:   Who may take which role: the service user loads and transforms, a reader sees what an
        analyst sees, administrators may look after all five.
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
