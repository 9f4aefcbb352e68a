/*
what:   The hours of loaded days, of all projects: which days are loaded, and the numbers of those
        that amplitude_files does not have.
reads:  amplitude_loads (export days from first_day to last_day)
writes: nothing
re-run: safe.
*/
select
    project,
    project_id,
    export_day,
    export_hour,
    files,
    bytes,
    quarantined
from amplitude_loads
where export_day between %(first_day)s::date and %(last_day)s::date
order by export_day, project, export_hour
