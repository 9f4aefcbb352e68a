/*
what:   The events of hours that Amplitude has complete, until the load of their day replaces them:
        fresh, and not final.
reads:  nothing
writes: table amplitude_provisional (grain: one exported event)
re-run: changes nothing; rows, grants and history stay.
*/
create table if not exists amplitude_provisional (
    -- The event as Amplitude exported it, unchanged: the line of the file.
    json_data variant not null,
    -- The day of `server_upload_time`; it has no rows here once it is loaded.
    export_day date not null,
    -- The hour of `server_upload_time`, from the file's name; an hourly run replaces it whole.
    export_hour timestamp_ntz not null,
    -- The object's key in the bucket (`metadata$filename`).
    source_file varchar not null,
    -- The line's number in that file (`metadata$file_row_number`).
    source_row number not null,
    -- When the copy read the file (`metadata$start_scan_time`).
    loaded_at timestamp_ntz not null,
    -- The hourly run that loaded it.
    run_id varchar not null,
    -- The project: `default`, or its name in include/amplitude.yaml.
    project varchar not null,
    -- When the hour was exported, by Amplitude's clock, UTC, to the second, from the file's name.
    exported_at timestamp_ntz not null
)
