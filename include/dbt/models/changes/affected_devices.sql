{{ config(materialized='incremental', incremental_strategy='append') }}
/*
what:   The devices that have, or had, a row on an affected day.
grain:  a device_key; rows stay until a run has finished (staged_days), so that no device is lost
        if a run dies after base_events has lost the device's old rows
reads:  amplitude_raw (the affected days), base_events as the last run left it
re-run: adds nothing
*/
{%- set base_events = existing_relation('base_events') if has_finished_run() else none %}
{%- set on_affected_days = export_day_is_affected() %}
with devices as (
    select
        project,
        {{ device_key() }} as device_key
    from {{ source('amplitude', 'amplitude_raw') }}
    where {{ on_affected_days }}
    {%- if base_events %}
    union all
    select
        project,
        device_key
    from {{ base_events }}
    {%- if is_incremental() %}
    where {{ on_affected_days }}
    {%- endif %}
    {%- endif %}
)

select distinct
    devices.project,
    devices.device_key
from devices
{%- if is_incremental() %}
where devices.device_key not in (select known.device_key from {{ this }} as known)
{%- endif %}
