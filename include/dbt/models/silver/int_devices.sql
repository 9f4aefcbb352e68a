{{ config(materialized='incremental', alias='devices', unique_key='device_key') }}
/*
what:   Devices: time, size and first user, and the last known place and properties.
grain:  a device_key; that of an event without a device has no device_id
reads:  events
re-run: replaces the affected devices
*/
with device_events as (
    select *
    from {{ affected_rows(ref('int_events')) }}
),

counted as (
    select
        project,
        device_key,
        device_id,
        min_by(user_id, iff(user_id is null, null, event_number)) as first_user_id,
        count(distinct user_id) as user_ids,
        min(event_time) as first_seen_at,
        max(event_time) as last_seen_at,
        count(*) as events,
        count(distinct session_key) as sessions,
        count(iff(is_page_view, 1, null)) as page_views,
        count(iff(is_click, 1, null)) as clicks
    from device_events
    group by project, device_key, device_id
),

last_events as (
    select *
    from device_events
    where not is_session_end
    qualify row_number() over (partition by device_key order by event_number desc) = 1
)

select
    counted.project,
    counted.device_key,
    counted.device_id,
    counted.first_user_id,
    counted.user_ids,
    counted.first_seen_at,
    counted.last_seen_at,
    counted.events,
    counted.sessions,
    counted.page_views,
    counted.clicks,
    last_events.platform,
    last_events.os_name,
    last_events.os_version,
    last_events.device_family,
    last_events.device_type,
    last_events.language,
    last_events.country,
    last_events.region,
    last_events.city
from counted
left join last_events
    on counted.device_key = last_events.device_key
