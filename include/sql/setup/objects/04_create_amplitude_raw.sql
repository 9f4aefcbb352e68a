/*
what:   The raw events, as Amplitude exported them.
reads:  nothing
writes: table amplitude_raw (grain: one exported event)
re-run: changes nothing; rows, grants and history stay.
*/
create table if not exists amplitude_raw (
    -- The event as Amplitude exported it, unchanged: the line of the file.
    json_data variant not null,
    -- The day of `server_upload_time`, which a run owns and replaces: its logical date.
    export_day date not null,
    -- The hour of `server_upload_time`, from the file's name.
    export_hour timestamp_ntz not null,
    -- The object's key in the bucket (`metadata$filename`).
    source_file varchar not null,
    -- The line's number in that file (`metadata$file_row_number`).
    source_row number not null,
    -- When the copy read the file (`metadata$start_scan_time`).
    loaded_at timestamp_ntz not null,
    -- The Airflow run that loaded it.
    run_id varchar not null,
    -- The project: `default`, or its name in include/amplitude.yaml.
    project varchar not null default 'default'
)
