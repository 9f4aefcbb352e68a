/*
what:   Grants what the owner needs to create the objects, and no more: it neither loads nor
        administers.
reads:  nothing
writes: grants to the role of the owner
re-run: changes nothing.
*/
grant usage on warehouse identifier(%(warehouse)s) to role identifier(%(owner)s);
grant usage on database identifier(%(database)s) to role identifier(%(owner)s);
grant usage on schema identifier(%(schema)s) to role identifier(%(owner)s);
grant create table on schema identifier(%(schema)s) to role identifier(%(owner)s);
grant create view on schema identifier(%(schema)s) to role identifier(%(owner)s);
grant create stage on schema identifier(%(schema)s) to role identifier(%(owner)s);
grant create file format on schema identifier(%(schema)s) to role identifier(%(owner)s);
grant usage on integration identifier(%(integration)s) to role identifier(%(owner)s)
