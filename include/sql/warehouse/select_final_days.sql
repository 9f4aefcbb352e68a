/*
what:   The project's days, first to last inclusive, that are loaded: they are final, and an hourly
        run loads nothing of them.
reads:  amplitude_loads (some export days of a project)
writes: nothing
re-run: safe.
*/
select distinct export_day
from amplitude_loads
where
    project = %(project)s
    and export_day between %(first_day)s::date and %(last_day)s::date
order by export_day
