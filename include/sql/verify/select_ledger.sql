/*
what:   The ledger's rows of the day, one for each hour.
reads:  amplitude_loads (one export day of a project)
writes: nothing
re-run: safe.
*/
select
    export_hour,
    state,
    files,
    events,
    bytes,
    quarantined,
    run_id
from amplitude_loads
where project = %(project)s and export_day = %(day)s::date
order by export_hour
