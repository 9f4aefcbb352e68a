/*
what:   Copies the named files (at most 1,000) of the project's provisional hours. force: the same
        names load again after a delete; without it Snowflake's load history would skip them without
        an error.
reads:  @amplitude_stage (files named …_<YYYY-MM-DD>_<HH>_<part>_<exported>_<CRC-32>.json[.gz])
writes: amplitude_provisional (one row an event)
re-run: only after delete_provisional_hours.sql in the same transaction.
*/
copy into amplitude_provisional (
    json_data,
    export_day,
    export_hour,
    source_file,
    source_row,
    loaded_at,
    run_id,
    project,
    exported_at
)
from (
    select
        $1,
        to_date(split_part(metadata$filename, '_', -5), 'YYYY-MM-DD'),
        to_timestamp_ntz(
            split_part(metadata$filename, '_', -5) || ' ' || split_part(metadata$filename, '_', -4),
            'YYYY-MM-DD HH24'
        ),
        metadata$filename,
        metadata$file_row_number,
        metadata$start_scan_time::timestamp_ntz,
        %(run_id)s,
        %(project)s,
        to_timestamp_ntz(
            translate(split_part(metadata$filename, '_', -2), 'TZ', ''),
            'YYYYMMDDHH24MISS'
        )
    from @amplitude_stage
)
files = (%(files)s)
file_format = (format_name = 'amplitude_json')
force = true
on_error = abort_statement
