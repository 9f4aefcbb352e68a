-- depends_on: {{ ref('affected_days') }}, and after {{ ref('affected_devices') }}
{{ config(materialized='incremental', alias='base_events', unique_key=['project', 'export_day']) }}
/*
what:   Every row of AMPLITUDE_RAW with types; a value of another type is null, and bad_fields names
        its column.
grain:  a row of amplitude_raw (source_file, source_row)
reads:  amplitude_raw (the affected days), once
re-run: replaces the affected days of their projects
*/
with raw_rows as (
    select *
    from {{ source('amplitude', 'amplitude_raw') }}
    {%- if is_incremental() %}
    where {{ export_day_is_affected() }}
    {%- endif %}
),

{{ typed_events() }}
