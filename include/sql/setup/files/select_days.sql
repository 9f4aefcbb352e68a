/*
what:   The days of which the ledger of files does not have what the ledger of hours has: those that
        0.6 and earlier loaded. Of one day of a project, or of all if both are null.
reads:  amplitude_loads, amplitude_files (all days)
writes: nothing
re-run: safe.
*/
with recorded as (
    select
        project,
        export_day,
        export_hour,
        max(run_id) as run_id,
        sum(files) as files,
        sum(events) as events,
        sum(coalesce(quarantined, 0)) as quarantined
    from amplitude_loads
    where files > 0 or quarantined > 0
    group by project, export_day, export_hour
),

named as (
    select
        project,
        export_day,
        export_hour,
        max(run_id) as run_id,
        sum(iff(kind = 'loaded', 1, 0)) as files,
        sum(iff(kind = 'loaded', events, 0)) as events,
        sum(iff(kind = 'loaded', 0, events)) as quarantined
    from amplitude_files
    group by project, export_day, export_hour
)

select
    recorded.project,
    recorded.export_day
from recorded
left join named
    on
        recorded.project = named.project
        and recorded.export_day = named.export_day
        and recorded.export_hour = named.export_hour
        and recorded.run_id = named.run_id
        and recorded.files = named.files
        and recorded.events = named.events
        and recorded.quarantined = named.quarantined
where
    named.project is null
    and recorded.project = coalesce(%(project)s, recorded.project)
    and recorded.export_day = coalesce(%(day)s::date, recorded.export_day)
group by recorded.project, recorded.export_day
order by recorded.project, recorded.export_day
