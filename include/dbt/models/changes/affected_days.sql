{{ config(
    materialized='table',
    post_hook="{% if should_full_refresh() and built('staged_days') %}\
        update {{ built('staged_days') }} set last_loaded_at = null\
    {% endif %}",
) }}
/*
what:   The export days whose rows are not those that the tables below were made from.
grain:  a day; one that was emptied has 0 raw_rows
reads:  amplitude_raw (two columns), staged_days as the last finished run has left it
re-run: the same days, until staged_days is written
*/
{%- set staged_days = none if should_full_refresh() else built('staged_days') %}
with raw_days as (
    select
        export_day,
        count(*) as raw_rows,
        max(loaded_at) as last_loaded_at
    from {{ source('raw', 'amplitude_raw') }}
    group by export_day
)
{%- if staged_days %}

select
    coalesce(raw_days.export_day, staged_days.export_day) as export_day,
    coalesce(raw_days.raw_rows, 0) as raw_rows,
    raw_days.last_loaded_at as last_loaded_at
from raw_days
full outer join {{ staged_days }} as staged_days
    on raw_days.export_day = staged_days.export_day
where raw_days.raw_rows is distinct from staged_days.raw_rows
    or raw_days.last_loaded_at is distinct from staged_days.last_loaded_at
{%- else %}

select
    export_day,
    raw_rows,
    last_loaded_at
from raw_days
{%- endif %}
