/*
what:   The five roles: an owner of the objects, a loader for the daily runs, a transformer for dbt,
        a reader of everything and an analyst, who reads the answers.
reads:  nothing
writes: four roles of the deployment, and the role of the connection snowflake_default
re-run: changes nothing; grants stay.
*/
create role if not exists identifier(%(owner)s);
create role if not exists identifier(%(transformer)s);
create role if not exists identifier(%(reader)s);
create role if not exists identifier(%(analyst)s);
create role if not exists identifier(%(loader)s) comment = %(mark)s
