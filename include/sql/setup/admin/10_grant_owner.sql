/*
what:   Grants what the owner needs to create the objects, and no more: it neither loads nor
        administers.
reads:  nothing
writes: grants to role amplitude_owner
re-run: changes nothing.
*/
grant usage on warehouse identifier(%(warehouse)s) to role amplitude_owner;
grant usage on database identifier(%(database)s) to role amplitude_owner;
grant usage on schema identifier(%(schema)s) to role amplitude_owner;
grant create table on schema identifier(%(schema)s) to role amplitude_owner;
grant create stage on schema identifier(%(schema)s) to role amplitude_owner;
grant create file format on schema identifier(%(schema)s) to role amplitude_owner;
grant usage on integration amplitude_s3 to role amplitude_owner
