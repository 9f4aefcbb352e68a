{{ config(materialized='table') }}
/*
what:   Users, and devices without a login.
grain:  a user_key
reads:  user_devices
re-run: rebuilt
*/
select
    user_devices.project,
    {{ masked_user('user_devices.user_key') }} as user_key,
    {{ masked_user('user_devices.user_id') }} as user_id,
    user_devices.user_id is null as is_anonymous,
    {{ email_domain('user_devices.user_id') }} as email_domain,
    count(user_devices.device_id) as devices,
    sum(user_devices.sessions) as sessions,
    sum(user_devices.events) as events,
    min(user_devices.first_seen_at) as first_seen_at,
    max(user_devices.last_seen_at) as last_seen_at
from {{ ref('int_user_devices') }} as user_devices
group by user_devices.project, user_devices.user_key, user_devices.user_id
