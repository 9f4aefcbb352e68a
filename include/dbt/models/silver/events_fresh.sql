{{ config(materialized='view') }}
/*
what:   The provisional events, typed like base_events: for those who look at today. No other table
        is made of it, because its hours are replaced when their day is loaded.
grain:  a row of amplitude_provisional whose day is not loaded (source_file, source_row)
reads:  amplitude_raw_fresh
re-run: a view; nothing to do
*/
with raw_rows as (
    select *
    from {{ source('amplitude', 'amplitude_raw_fresh') }}
    where is_provisional
),

{{ typed_events() }}
