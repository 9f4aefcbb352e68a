/*
what:   The ledger: what each hour of each loaded day holds, written in the load's own transaction.
reads:  nothing
writes: table amplitude_loads (grain: one hour of a loaded day, 24 rows a day)
re-run: changes nothing; rows, grants and history stay.
*/
create table if not exists amplitude_loads (
    export_day date not null,
    export_hour timestamp_ntz not null,
    state varchar not null,
    files number not null,
    events number not null,
    bytes number not null,
    quarantined number,
    run_id varchar not null,
    loaded_at timestamp_ntz not null,
    query_id varchar
)
