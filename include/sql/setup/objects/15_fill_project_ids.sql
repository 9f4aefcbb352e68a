/*
what:   Fills in Amplitude's number of the project for hours that version 0.6 and earlier loaded,
        from the names of their files: <project id>_<YYYY-MM-DD>_<HH>_<part>.json.
reads:  amplitude_raw (one row an hour)
writes: amplitude_loads (project_id of hours with events)
re-run: left out; it is repeated until the lock has its project.
*/
update identifier(%(loads_without_ids)s)
set project_id = named.id
from (
    select
        export_day as day_loaded,
        export_hour as hour_loaded,
        max(split_part(split_part(source_file, '/', -1), '_', 1)) as id
    from amplitude_raw
    group by export_day, export_hour
) as named
where
    export_day = named.day_loaded
    and export_hour = named.hour_loaded
    and project_id is null
