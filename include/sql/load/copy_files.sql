/*
what:   Copies the named files (at most 1,000) of one project's day. force: the same names load
        again after a delete; without it Snowflake's load history would skip them without an error.
reads:  @amplitude_stage (files named …_<YYYY-MM-DD>_<HH>_<part>.json[.gz])
writes: amplitude_raw (one row an event)
re-run: only after delete_day.sql in the same transaction.
*/
copy into amplitude_raw (
    json_data,
    export_day,
    export_hour,
    source_file,
    source_row,
    loaded_at,
    run_id,
    project
)
from (
    select
        $1,
        %(day)s::date,
        to_timestamp_ntz(
            split_part(metadata$filename, '_', -3) || ' ' || split_part(metadata$filename, '_', -2),
            'YYYY-MM-DD HH24'
        ),
        metadata$filename,
        metadata$file_row_number,
        metadata$start_scan_time::timestamp_ntz,
        %(run_id)s,
        %(project)s
    from @amplitude_stage
)
files = (%(files)s)
file_format = (format_name = 'amplitude_json')
force = true
on_error = abort_statement
