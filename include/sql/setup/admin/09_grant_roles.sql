/*
what:   Who may take which role: the service user loads, administrators may look after all three.
reads:  nothing
writes: grants of roles
re-run: changes nothing.
*/
grant role amplitude_owner to role sysadmin;
grant role amplitude_reader to role sysadmin;
grant role identifier(%(loader)s) to role sysadmin;
grant role identifier(%(loader)s) to user identifier(%(user)s)
