/*
what:   The one row that every load updates first, so that loads run one after the other. Snowflake
        locks rows that exist; on a day's first load there would be no other row to lock.
reads:  nothing
writes: table amplitude_lock (grain: exactly one row)
re-run: changes nothing; a load under way keeps its lock.
*/
create table if not exists amplitude_lock as
select
    -- The run that loaded last.
    'amplitude_setup'::varchar as locked_by,
    -- When it began.
    sysdate()::timestamp_ntz as locked_at,
    -- Its project; `amplitude_ip_networks` if that DAG has loaded last.
    'default'::varchar as project
