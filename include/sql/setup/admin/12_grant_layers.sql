/*
what:   Who makes the tables of SILVER and GOLD, and who reads them. dbt replaces tables, and a new
        one has no grants but those on future tables, which take MANAGE GRANTS and not the owner.
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
