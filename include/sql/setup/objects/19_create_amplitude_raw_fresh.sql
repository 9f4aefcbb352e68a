/*
what:   All events that are known: the final ones, and the provisional hours of days that no load
        has replaced yet. It comes after the columns that older tables lack.
reads:  amplitude_raw, amplitude_provisional, amplitude_loads
writes: view amplitude_raw_fresh (grain: one exported event; never one twice)
re-run: changes nothing; grants stay.
*/
create view if not exists amplitude_raw_fresh (
    json_data,
    export_day,
    export_hour,
    source_file,
    source_row,
    loaded_at,
    run_id,
    project,
    is_provisional
)
as
select
    json_data,
    export_day,
    export_hour,
    source_file,
    source_row,
    loaded_at,
    run_id,
    project,
    false as is_provisional
from amplitude_raw
union all
select
    json_data,
    export_day,
    export_hour,
    source_file,
    source_row,
    loaded_at,
    run_id,
    project,
    true as is_provisional
from amplitude_provisional
where
    not exists (
        select 1
        from amplitude_loads
        where amplitude_loads.project = amplitude_provisional.project
            and amplitude_loads.export_day = amplitude_provisional.export_day
    )
