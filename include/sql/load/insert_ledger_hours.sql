/*
what:   Writes the day's ledger rows: the content of each hour, the query that copied it, when it
        was exported, and what it replaced.
reads:  nothing
writes: amplitude_loads (24 rows of a project, one an hour)
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
    query_id,
    exported_at,
    replaced_events,
    replaced_run_id,
    project_id,
    project
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
    %(query_id)s,
    %(exported_at)s,
    %(replaced_events)s,
    %(replaced_run_id)s,
    %(project_id)s,
    %(project)s
)
