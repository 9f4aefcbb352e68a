/*
what:   The warehouse of the loads: the smallest size, suspended a minute after its last statement.
reads:  nothing
writes: the warehouse of the connection snowflake_default
re-run: changes nothing; a size that was changed by hand stays.
*/
create warehouse if not exists identifier(%(warehouse)s)
    warehouse_size = xsmall
    auto_suspend = 60
    auto_resume = true
    initially_suspended = true
