{{ config(materialized='view') }}
/*
what:   Devices: when they were seen, how much they did, and their last known properties.
grain:  a device_key
reads:  devices
re-run: a view; nothing to do
*/
select
    project,
    device_key,
    device_id,
    {{ masked_user('first_user_id') }} as first_user_id,
    user_ids,
    first_seen_at,
    last_seen_at,
    events,
    sessions,
    page_views,
    clicks,
    platform,
    os_name,
    os_version,
    device_family,
    device_type,
    language,
    country,
    region,
    city
from {{ ref('int_devices') }}
where device_id is not null
