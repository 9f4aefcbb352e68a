/*
what:   The ledger: what each hour of each loaded day holds, written in the load's own transaction.
reads:  nothing
writes: table amplitude_loads (grain: one hour of a project's loaded day, 24 rows a
        day)
re-run: changes nothing; rows, grants and history stay.
*/
create table if not exists amplitude_loads (
    -- The day; it has 24 rows or none.
    export_day date not null,
    -- The hour.
    export_hour timestamp_ntz not null,
    -- `loaded`; `empty`: Amplitude reported that there are no events; `incomplete`: loaded without
    -- the quarantined lines.
    state varchar not null,
    -- Number of files that were copied.
    files number not null,
    -- Number of rows in AMPLITUDE_RAW for the hour.
    events number not null,
    -- Size of the files as they are stored in S3.
    bytes number not null,
    -- Number of lines that a manual run has quarantined, because they are not JSON.
    quarantined number,
    -- The Airflow run.
    run_id varchar not null,
    -- When the row was written.
    loaded_at timestamp_ntz not null,
    -- The COPY in the query history; null for an empty hour.
    query_id varchar,
    -- When the hour was exported, by Amplitude's clock, UTC, but never later than Snowflake's; null
    -- if unknown.
    exported_at timestamp_ntz,
    -- Number of rows in AMPLITUDE_RAW for the hour that this load replaced; null at a first load.
    replaced_events number,
    -- The Airflow run that had loaded them.
    replaced_run_id varchar,
    -- Amplitude's number of the project, from the names of the hour's files; null for an empty
    -- hour.
    project_id varchar,
    -- When a second look last found that Amplitude still has the day as it is loaded; null if none
    -- has since this load.
    verified_at timestamp_ntz,
    -- The project: `default`, or its name in include/amplitude.yaml.
    project varchar not null default 'default'
)
