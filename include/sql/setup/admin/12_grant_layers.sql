/*
what:   Grants the creation of tables in SILVER and GOLD, and the reading of them. dbt replaces
        tables, and a new table has only the grants on future tables. To grant these takes MANAGE
        GRANTS; ownership is not enough.
reads:  nothing
writes: grants to roles amplitude_transformer, amplitude_analyst and amplitude_reader
re-run: changes nothing.
*/
grant create table, create view on schema identifier(%(silver)s) to role amplitude_transformer;
grant create table, create view on schema identifier(%(gold)s) to role amplitude_transformer;
grant select on all tables in schema identifier(%(gold)s) to role amplitude_analyst;
grant select on all views in schema identifier(%(gold)s) to role amplitude_analyst;
grant select on future tables in schema identifier(%(gold)s) to role amplitude_analyst;
grant select on future views in schema identifier(%(gold)s) to role amplitude_analyst;
grant select on all tables in schema identifier(%(silver)s) to role amplitude_reader;
grant select on all views in schema identifier(%(silver)s) to role amplitude_reader;
grant select on future tables in schema identifier(%(silver)s) to role amplitude_reader;
grant select on future views in schema identifier(%(silver)s) to role amplitude_reader
