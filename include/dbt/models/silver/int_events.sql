{{ config(materialized='incremental', alias='events', unique_key='device_key') }}
/*
what:   Events with their position among those of the device, their session and their page.
grain:  a uuid of a device
reads:  stg_events
re-run: replaces the affected devices
*/
with located as (
    select
        *,
        {{ json_text('event_properties:"[Amplitude] Page URL"') }} as url,
        {{ json_text('event_properties:"[Amplitude] Page Location"') }} as location,
        {{ json_text('event_properties:"[Amplitude] Page Path"') }} as path
    from {{ affected_rows(ref('stg_amplitude__events')) }}
)

select
    project,
    device_key,
    device_id,
    uuid,
    iff(
        device_id is not null and session_id > 0,
        device_key || '/' || session_id::varchar,
        null
    ) as session_key,
    row_number() over (partition by device_key order by {{ event_order() }}) as event_number,
    event_type,
    event_time,
    server_upload_time,
    coalesce(event_time::date, server_upload_time::date, export_day) as event_date,
    event_id,
    user_id,
    session_id,
    coalesce(event_type in {{ text_list(var('page_view_events')) }}, false) as is_page_view,
    coalesce(event_type in {{ text_list(var('click_events')) }}, false) as is_click,
    coalesce(event_type in {{ text_list(var('form_events')) }}, false) as is_form,
    coalesce(event_type = 'session_end', false) as is_session_end,
    coalesce(url, location) as page_url,
    coalesce(path, {{ url_path('url') }}, {{ url_path('location') }}) as page_path,
    {{ json_text('event_properties:"[Amplitude] Page Title"') }} as page_title,
    ip_address,
    country,
    region,
    city,
    language,
    platform,
    os_name,
    os_version,
    device_family,
    device_type,
    {{ json_text('event_properties:referring_domain') }} as referring_domain,
    {{ json_text('event_properties:utm_source') }} as utm_source,
    bad_fields,
    export_day,
    event_properties
from located
