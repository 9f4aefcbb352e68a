{{ config(materialized='incremental', alias='device_days', unique_key='device_key') }}
/*
what:   Events and sessions of a device on a day, by country and platform: daily adds them up.
grain:  a device_key, a day (UTC), a country and a platform
reads:  events, sessions
re-run: replaces the affected devices
*/
with placed as (
    select
        events.project,
        events.device_key,
        events.event_number,
        events.event_date as day,
        iff(events.session_key is null, events.country, sessions.country) as country,
        iff(events.session_key is null, events.platform, sessions.platform) as platform,
        events.session_key is not null
        and row_number() over (partition by events.session_key order by events.event_number) = 1
            as starts_session,
        events.device_id is not null as has_device
    from {{ affected_rows(ref('int_events')) }} as events
    left join {{ affected_rows(ref('int_sessions')) }} as sessions
        on events.session_key = sessions.session_key
)

select
    project,
    device_key,
    day,
    coalesce(country, 'unknown') as country,
    coalesce(platform, 'unknown') as platform,
    count(*) as events,
    count(iff(starts_session, 1, null)) as sessions,
    boolor_agg(has_device) as has_device,
    boolor_agg(has_device and event_number = 1) as is_new
from placed
group by 1, 2, 3, 4, 5
