/*
what:   The session's user, role, warehouse, database and schema, and Snowflake's clock (UTC).
reads:  nothing
writes: nothing
re-run: safe.
*/
select
    current_user() as user_in_use,
    current_role() as role_in_use,
    current_warehouse() as warehouse_in_use,
    current_database() as database_in_use,
    current_schema() as schema_in_use,
    sysdate() as utc_now
