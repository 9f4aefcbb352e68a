{{ config(materialized='table') }}
/*
what:   Events, sessions and devices by day. The devices of several rows do not add up.
grain:  a project, a day (UTC), a country and a platform
reads:  device_days
re-run: rebuilt
*/
select
    project,
    day,
    country,
    platform,
    sum(events) as events,
    sum(sessions) as sessions,
    count(iff(has_device, 1, null)) as devices,
    count(iff(is_new, 1, null)) as new_devices
from {{ ref('int_device_days') }}
group by project, day, country, platform
