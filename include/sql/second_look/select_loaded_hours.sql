/*
what:   The ledger's rows of the project's day, which a second look compares with a new export.
reads:  amplitude_loads (one export day of a project)
writes: nothing
re-run: safe.
*/
select
    export_hour,
    events,
    coalesce(quarantined, 0) as quarantined,
    run_id,
    loaded_at,
    exported_at
from amplitude_loads
where project = %(project)s and export_day = %(day)s::date
order by export_hour
