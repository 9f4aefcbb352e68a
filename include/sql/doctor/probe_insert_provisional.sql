/*
what:   Probes the privilege to insert provisional events, without inserting a row.
reads:  nothing
writes: nothing (amplitude_provisional would be written)
re-run: safe.
*/
insert into amplitude_provisional (
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
select
    parse_json('{}'),
    %(day)s::date,
    %(day)s::timestamp_ntz,
    '',
    0,
    sysdate(),
    %(run_id)s,
    %(project)s,
    sysdate()
where false
