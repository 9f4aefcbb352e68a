{{ config(materialized='view') }}
/*
what:   Events with their user; those of a session with the session's place and device.
grain:  a uuid of a device
reads:  events, sessions, devices
re-run: a view; nothing to do
*/
select
    events.project,
    events.device_key,
    events.device_id,
    events.uuid,
    events.session_key,
    events.event_number,
    events.event_type,
    events.event_time,
    events.server_upload_time,
    events.event_date,
    events.event_id,
    {{ masked_user('events.user_id') }} as user_id,
    {{ masked_user(user_key('events.user_id', 'devices')) }} as user_key,
    events.session_id,
    events.is_page_view,
    events.is_click,
    events.is_form,
    events.is_session_end,
    {{ masked_url('events.page_url') }} as page_url,
    events.page_path,
    events.page_title,
    {%- for column in [
        'country', 'region', 'city', 'language',
        'platform', 'os_name', 'os_version', 'device_family', 'device_type',
    ] %}
    iff(events.session_key is null, events.{{ column }}, sessions.{{ column }}) as {{ column }},
    {%- endfor %}
    {{ masked_ip(
        'iff(events.session_key is null, events.ip_address, sessions.ip_address)'
    ) }} as ip_address,
    events.referring_domain,
    events.utm_source,
    events.bad_fields,
    events.export_day,
    {{
        'null::variant' if var('mask_personal_data') else 'events.event_properties'
    }} as event_properties
from {{ ref('int_events') }} as events
left join {{ ref('int_sessions') }} as sessions
    on events.session_key = sessions.session_key
left join {{ ref('int_devices') }} as devices
    on events.device_key = devices.device_key
