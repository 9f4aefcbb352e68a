/*
what:   The files that the ledger names, of all projects: an object's name has no project.
reads:  amplitude_files (export days from first_day to last_day)
writes: nothing
re-run: safe.
*/
select
    project,
    project_id,
    export_day,
    kind,
    key,
    events,
    bytes,
    crc32
from amplitude_files
where export_day between %(first_day)s::date and %(last_day)s::date
order by export_day, project, key
