/*
what:   Writes a row for each of the day's files, loaded or quarantined.
reads:  nothing
writes: amplitude_files (rows of one export day of a project)
re-run: only after delete_files_day.sql in the same transaction.
*/
insert into amplitude_files (
    project,
    project_id,
    export_day,
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
)
values (
    %(project)s,
    %(project_id)s,
    %(day)s,
    %(hour)s,
    %(part)s,
    %(kind)s,
    %(key)s,
    %(events)s,
    %(bytes)s,
    %(crc32)s,
    %(json_bytes)s,
    %(json_crc32)s,
    %(landing_format)s,
    %(run_id)s,
    %(loaded_at)s
)
