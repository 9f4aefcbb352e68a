/*
what:   Writes the day's ledger rows: the content of each hour, and the query that copied it.
reads:  nothing
writes: amplitude_loads (24 rows, one an hour)
re-run: only after delete_ledger_day.sql in the same transaction.
*/
insert into amplitude_loads (
    export_day,
    export_hour,
    state,
    files,
    events,
    bytes,
    quarantined,
    run_id,
    loaded_at,
    query_id
)
values (
    %(day)s,
    %(hour)s,
    %(state)s,
    %(files)s,
    %(events)s,
    %(bytes)s,
    %(quarantined)s,
    %(run_id)s,
    sysdate(),
    %(query_id)s
)
