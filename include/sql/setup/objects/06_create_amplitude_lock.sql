/*
what:   The one row that every load updates first, so that loads run one after the other. Snowflake
        locks rows that exist; on a day's first load there would be no other row to lock.
reads:  nothing
writes: table amplitude_lock (grain: exactly one row, which 17_insert_lock_row.sql inserts)
re-run: changes nothing; a load under way keeps its lock.
*/
create table if not exists amplitude_lock (
    -- The run that loaded last, or noted last that a day is verified.
    locked_by varchar not null,
    -- When it began.
    locked_at timestamp_ntz not null,
    -- Its project; `amplitude_ip_networks` if that DAG has loaded last.
    project varchar not null default 'default'
)
