/*
what:   The project's provisional hours of these days, first to last inclusive: when each was
        exported, and Snowflake's clock (both UTC).
reads:  amplitude_provisional (some export days of a project)
writes: nothing
re-run: safe.
*/
select
    export_hour,
    max(exported_at) as exported_at,
    max(sysdate()) as now,
    count(*) as events
from amplitude_provisional
where
    project = %(project)s
    and export_day between %(first_day)s::date and %(last_day)s::date
group by export_hour
order by export_hour
