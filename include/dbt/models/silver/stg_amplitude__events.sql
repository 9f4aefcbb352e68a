{{ config(materialized='view', alias='stg_events') }}
/*
what:   The exported events, typed, each once.
grain:  a uuid of a device
reads:  base_events without stg_repeats
re-run: a view; nothing to do
*/
-- All columns, whatever they are: the view is base_events with fewer rows.
select base_events.*  -- noqa: AM04
from {{ ref('base_amplitude__events') }} as base_events
where
    not exists (
        select 1
        from {{ ref('stg_amplitude__repeats') }} as stg_repeats
        where stg_repeats.source_file = base_events.source_file
            and stg_repeats.source_row = base_events.source_row
            and stg_repeats.device_key = base_events.device_key
    )
