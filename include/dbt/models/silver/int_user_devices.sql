{{ config(materialized='incremental', alias='user_devices', unique_key='device_key') }}
/*
what:   Users of each device, and how much they used it.
grain:  a user_key and a device_key
reads:  events, sessions, devices
re-run: replaces the affected devices
*/
with devices as (
    select
        project,
        device_key,
        device_id,
        first_user_id
    from {{ affected_rows(ref('int_devices')) }}
),

events_of_users as (
    select
        devices.project,
        {{ user_key('events.user_id', 'devices') }} as user_key,
        devices.device_key,
        devices.device_id,
        max(coalesce(events.user_id, devices.first_user_id)) as user_id,
        count(*) as events,
        min(events.event_time) as first_seen_at,
        max(events.event_time) as last_seen_at
    from {{ affected_rows(ref('int_events')) }} as events
    inner join devices
        on events.device_key = devices.device_key
    group by 1, 2, 3, 4
),

sessions_of_users as (
    select
        {{ user_key('sessions.user_id', 'devices') }} as user_key,
        devices.device_key,
        count(*) as sessions
    from {{ affected_rows(ref('int_sessions')) }} as sessions
    inner join devices
        on sessions.device_key = devices.device_key
    group by 1, 2
)

select
    events_of_users.project,
    events_of_users.user_key,
    events_of_users.device_key,
    events_of_users.device_id,
    events_of_users.user_id,
    events_of_users.events,
    coalesce(sessions_of_users.sessions, 0) as sessions,
    events_of_users.first_seen_at,
    events_of_users.last_seen_at
from events_of_users
left join sessions_of_users
    on events_of_users.user_key = sessions_of_users.user_key
        and events_of_users.device_key = sessions_of_users.device_key
where events_of_users.user_key is not null
