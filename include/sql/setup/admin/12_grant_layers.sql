/*
what:   Grants the creation of tables in SILVER and GOLD, and the reading of them. dbt replaces
        tables, and a new table has only the grants on future tables. To grant these takes MANAGE
        GRANTS; ownership is not enough.
reads:  nothing
writes: grants to the roles of transformer, analyst and reader
re-run: changes nothing.
*/
grant create table on schema identifier(%(silver)s) to role identifier(%(transformer)s);
grant create view on schema identifier(%(silver)s) to role identifier(%(transformer)s);
grant create table on schema identifier(%(gold)s) to role identifier(%(transformer)s);
grant create view on schema identifier(%(gold)s) to role identifier(%(transformer)s);
grant select on all tables in schema identifier(%(gold)s) to role identifier(%(analyst)s);
grant select on all views in schema identifier(%(gold)s) to role identifier(%(analyst)s);
grant select on future tables in schema identifier(%(gold)s) to role identifier(%(analyst)s);
grant select on future views in schema identifier(%(gold)s) to role identifier(%(analyst)s);
grant select on all tables in schema identifier(%(silver)s) to role identifier(%(reader)s);
grant select on all views in schema identifier(%(silver)s) to role identifier(%(reader)s);
grant select on future tables in schema identifier(%(silver)s) to role identifier(%(reader)s);
grant select on future views in schema identifier(%(silver)s) to role identifier(%(reader)s)
