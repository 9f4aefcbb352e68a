/*
what:   Grants usage of warehouse, database and schemas to all roles but the owner. The owner of the
        raw objects grants privileges on them (objects/). The loader also gets the integration:
        whether LIST and COPY need it beside the stage, Snowflake's pages do not agree.
reads:  nothing
writes: grants of usage on warehouse, database, schemas and integration
re-run: changes nothing.
*/
grant usage on warehouse identifier(%(warehouse)s) to role identifier(%(loader)s);
grant usage on database identifier(%(database)s) to role identifier(%(loader)s);
grant usage on schema identifier(%(schema)s) to role identifier(%(loader)s);
grant usage on integration identifier(%(integration)s) to role identifier(%(loader)s);
grant usage on warehouse identifier(%(warehouse)s) to role identifier(%(reader)s);
grant usage on database identifier(%(database)s) to role identifier(%(reader)s);
grant usage on schema identifier(%(schema)s) to role identifier(%(reader)s);
grant usage on warehouse identifier(%(warehouse)s) to role identifier(%(transformer)s);
grant usage on database identifier(%(database)s) to role identifier(%(transformer)s);
grant usage on schema identifier(%(schema)s) to role identifier(%(transformer)s);
grant usage on schema identifier(%(silver)s) to role identifier(%(transformer)s);
grant usage on schema identifier(%(gold)s) to role identifier(%(transformer)s);
grant usage on warehouse identifier(%(warehouse)s) to role identifier(%(analyst)s);
grant usage on database identifier(%(database)s) to role identifier(%(analyst)s);
grant usage on schema identifier(%(gold)s) to role identifier(%(analyst)s);
grant usage on schema identifier(%(silver)s) to role identifier(%(reader)s)
