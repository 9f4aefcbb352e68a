/*
what:   The project's files of the day, loaded and quarantined, as the last load has written them.
reads:  amplitude_files (one export day of a project)
writes: nothing
re-run: safe.
*/
select
    project_id,
    export_hour,
    part,
    kind,
    key,
    events,
    bytes,
    crc32,
    json_bytes,
    json_crc32,
    landing_format,
    run_id,
    loaded_at
from amplitude_files
where project = %(project)s and export_day = %(day)s::date
order by export_hour, kind, part
