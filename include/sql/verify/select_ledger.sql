/*
what:   The ledger's rows of the day, one for each hour.
reads:  amplitude_loads (one export day)
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
where export_day = %(day)s::date
order by export_hour
