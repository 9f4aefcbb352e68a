{{ config(
    materialized='table',
    post_hook="{% if should_full_refresh() and existing_relation('staged_days') %}\
        update {{ existing_relation('staged_days') }} set last_loaded_at = null\
    {% endif %}",
) }}
/*
what:   The export days whose rows differ from those that the tables below were built from.
grain:  a project and a day; a day that was emptied has 0 raw_rows
reads:  amplitude_raw (three columns), staged_days as the last finished run left it, and the days of
        base_events, which a run that died can have added
re-run: the same days, until staged_days is written
*/
{%- set staged_days = none if should_full_refresh() else existing_relation('staged_days') %}
{%- set base_events = none if should_full_refresh() else existing_relation('base_events') %}
with raw_days as (
    select
        project,
        export_day,
        count(*) as raw_rows,
        max(loaded_at) as last_loaded_at
    from {{ source('amplitude', 'amplitude_raw') }}
    group by project, export_day
),

known_days as (
    select
        null::varchar as project,
        null::date as export_day,
        null::number as raw_rows,
        null::timestamp_ntz as last_loaded_at
    where false
    {%- if staged_days %}
    union all
    select
        project,
        export_day,
        raw_rows,
        last_loaded_at
    from {{ staged_days }}
    {%- endif %}
    {%- if base_events %}
    union all
    -- No day has so few rows: it is affected, unless staged_days has it too.
    select distinct
        project,
        export_day,
        -1 as raw_rows,
        null as last_loaded_at
    from {{ base_events }}
    {%- endif %}
),

built_days as (
    select
        project,
        export_day,
        max(raw_rows) as raw_rows,
        max(last_loaded_at) as last_loaded_at
    from known_days
    group by project, export_day
)

select
    coalesce(raw_days.project, built_days.project) as project,
    coalesce(raw_days.export_day, built_days.export_day) as export_day,
    coalesce(raw_days.raw_rows, 0) as raw_rows,
    raw_days.last_loaded_at
from raw_days
full outer join built_days
    on raw_days.project = built_days.project
        and raw_days.export_day = built_days.export_day
where raw_days.raw_rows is distinct from built_days.raw_rows
    or raw_days.last_loaded_at is distinct from built_days.last_loaded_at
