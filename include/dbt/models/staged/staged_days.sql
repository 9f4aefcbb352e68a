{{ config(
    materialized='incremental',
    unique_key=['project', 'export_day'],
    post_hook="delete from {{ ref('affected_devices') }}",
) }}
/*
what:   The export days as they were when all tables were built from them; a run writes them last.
grain:  a project and a day
reads:  affected_days, after everything else
re-run: replaces the affected days, and empties affected_devices
*/
{%- for model in [
    'fct_events', 'fct_sessions', 'dim_devices', 'dim_users', 'dim_locations',
    'journeys', 'journey_steps',
    'repeated_clicks', 'menu_confusion', 'companies', 'daily',
] %}
-- depends_on: {{ ref(model) }}
{%- endfor %}
select
    project,
    export_day,
    raw_rows,
    last_loaded_at
from {{ ref('affected_days') }}
where raw_rows > 0
