{{ config(materialized='incremental', alias='stg_repeats', unique_key='device_key') }}
/*
what:   The rows that stg_events leaves out: an earlier row of the device has the same uuid or
        insert id.
grain:  a row of base_events (source_file, source_row)
reads:  base_events
re-run: replaces the affected devices
*/
with numbered as (
    select
        project,
        device_key,
        source_file,
        source_row,
        export_day,
        uuid,
        row_number()
            over (partition by device_key, uuid order by {{ arrival_order() }}) as nth_of_uuid,
        iff(
            insert_id is null,
            1,
            row_number() over (partition by device_key, insert_id order by {{ arrival_order() }})
        ) as nth_of_insert_id
    from {{ affected_rows(ref('base_amplitude__events')) }}
)

select
    project,
    device_key,
    source_file,
    source_row,
    export_day,
    uuid,
    iff(nth_of_uuid > 1, 'uuid', 'insert_id') as reason
from numbered
where nth_of_uuid > 1 or nth_of_insert_id > 1
