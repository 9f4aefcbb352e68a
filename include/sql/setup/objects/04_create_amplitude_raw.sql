/*
what:   The raw events, as Amplitude exported them.
reads:  nothing
writes: table amplitude_raw (grain: one exported event)
re-run: changes nothing; rows, grants and history stay.
*/
create table if not exists amplitude_raw (
    json_data variant not null,
    export_day date not null,
    export_hour timestamp_ntz not null,
    source_file varchar not null,
    source_row number not null,
    loaded_at timestamp_ntz not null,
    run_id varchar not null
)
