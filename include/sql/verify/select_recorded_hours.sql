/*
what:   The ledger's row of each hour, and the number of rows that the table stores for the hour. It
        is one statement, so that a load under way is seen in both tables or in neither.
reads:  amplitude_loads, amplitude_raw (a project's export days from first_day to
        last_day)
writes: nothing
re-run: safe.
*/
select
    export_day,
    export_hour,
    state,
    files,
    events,
    bytes,
    coalesce(quarantined, 0) as quarantined,
    run_id,
    loaded_at,
    verified_at,
    0 as stored
from amplitude_loads
where
    project = %(project)s
    and export_day between %(first_day)s::date and %(last_day)s::date
union all
select
    export_day,
    export_hour,
    null as state,
    0 as files,
    0 as events,
    0 as bytes,
    0 as quarantined,
    null as run_id,
    null as loaded_at,
    null as verified_at,
    count(*) as stored
from amplitude_raw
where
    project = %(project)s
    and export_day between %(first_day)s::date and %(last_day)s::date
group by export_day, export_hour
order by export_day, export_hour
