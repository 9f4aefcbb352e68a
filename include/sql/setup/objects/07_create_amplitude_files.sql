/*
what:   The ledger of files: where the events of each loaded day are in the bucket, written in the
        load's own transaction.
reads:  nothing
writes: table amplitude_files (grain: one file of a project's loaded day)
re-run: changes nothing; rows, grants and history stay.
*/
create table if not exists amplitude_files (
    -- The project: `default`, or its name in include/amplitude.yaml.
    project varchar not null,
    -- Amplitude's number of the project, from the file's name.
    project_id varchar not null,
    -- The day.
    export_day date not null,
    -- The hour.
    export_hour timestamp_ntz not null,
    -- The file's number in its hour, from 0.
    part number not null,
    -- `loaded`; `quarantined`: bad lines that a manual run has quarantined.
    kind varchar not null,
    -- The object's key in the bucket.
    key varchar not null,
    -- Number of events; of lines, if it is quarantined.
    events number not null,
    -- Size of the object; null if unknown, as for days that 0.6 and earlier loaded.
    bytes number,
    -- CRC-32 of the object as S3 writes it, base64; null if unknown.
    crc32 varchar,
    -- Size of its text, ungzipped; null if unknown.
    json_bytes number,
    -- CRC-32 of its text, ungzipped, base64; null if unknown.
    json_crc32 varchar,
    -- `json` or `json.gz`; `txt` if it is quarantined.
    landing_format varchar not null,
    -- The Airflow run that loaded it.
    run_id varchar not null,
    -- When the row was written; for days that 0.6 and earlier loaded, when the copy read the file.
    loaded_at timestamp_ntz not null
)
