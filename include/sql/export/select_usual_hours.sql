/*
what:   The hours, first to last inclusive, that usually have events: of this hour 7, 14, 21 and 28
        days before the day at least two are known, and all that are known had events.
reads:  amplitude_loads (four export days of a project)
writes: nothing
re-run: safe.
*/
select hour(export_hour) as hour_of_day
from amplitude_loads
where
    project = %(project)s
    and export_day in (
        %(day)s::date - 7, %(day)s::date - 14, %(day)s::date - 21, %(day)s::date - 28
    )
    and hour(export_hour) between %(first_hour)s and %(last_hour)s
group by hour(export_hour)
having count(distinct export_day) >= 2 and min(events + coalesce(quarantined, 0)) > 0
order by hour_of_day
