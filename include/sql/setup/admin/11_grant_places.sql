/*
what:   Where everybody but the owner may work. On which raw objects, their owner says
        (objects/).
reads:  nothing
writes: grants of usage on warehouse, database and schema
re-run: changes nothing.
*/
grant usage on warehouse identifier(%(warehouse)s) to role identifier(%(loader)s);
grant usage on database identifier(%(database)s) to role identifier(%(loader)s);
grant usage on schema identifier(%(schema)s) to role identifier(%(loader)s);
grant usage on warehouse identifier(%(warehouse)s) to role amplitude_reader;
grant usage on database identifier(%(database)s) to role amplitude_reader;
grant usage on schema identifier(%(schema)s) to role amplitude_reader;
grant usage on warehouse identifier(%(warehouse)s) to role amplitude_transformer;
grant usage on database identifier(%(database)s) to role amplitude_transformer;
grant usage on schema identifier(%(schema)s) to role amplitude_transformer;
grant usage on schema identifier(%(silver)s) to role amplitude_transformer;
grant usage on schema identifier(%(gold)s) to role amplitude_transformer;
grant usage on warehouse identifier(%(warehouse)s) to role amplitude_analyst;
grant usage on database identifier(%(database)s) to role amplitude_analyst;
grant usage on schema identifier(%(gold)s) to role amplitude_analyst;
grant usage on schema identifier(%(silver)s) to role amplitude_reader
