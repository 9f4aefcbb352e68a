/*
what:   The ledger's rows of the project's day, which a load is about to replace or to repeat. If an
        hour has several, the last one is of the newest export.
reads:  amplitude_loads (one export day of a project)
writes: nothing
re-run: safe.
*/
select
    export_hour,
    files,
    events,
    bytes,
    coalesce(quarantined, 0) as quarantined,
    run_id,
    loaded_at,
    exported_at,
    project_id
from amplitude_loads
where project = %(project)s and export_day = %(day)s::date
order by export_hour, exported_at nulls first, events + coalesce(quarantined, 0)
