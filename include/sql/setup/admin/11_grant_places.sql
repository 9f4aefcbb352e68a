/*
what:   Where loader and reader may work. On which objects, their owner says (objects/).
reads:  nothing
writes: grants of usage on warehouse, database and schema
re-run: changes nothing.
*/
grant usage on warehouse identifier(%(warehouse)s) to role identifier(%(loader)s);
grant usage on database identifier(%(database)s) to role identifier(%(loader)s);
grant usage on schema identifier(%(schema)s) to role identifier(%(loader)s);
grant usage on warehouse identifier(%(warehouse)s) to role amplitude_reader;
grant usage on database identifier(%(database)s) to role amplitude_reader;
grant usage on schema identifier(%(schema)s) to role amplitude_reader
