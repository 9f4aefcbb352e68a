{{ config(materialized='incremental', alias='sessions', unique_key='device_key') }}
/*
what:   Sessions: time, size and pages, and the place and device that they came from.
grain:  a session_key
reads:  events
re-run: replaces the affected devices
*/
with session_events as (
    select *
    from {{ affected_rows(ref('int_events')) }}
    where session_key is not null
),

counted as (
    select
        project,
        session_key,
        device_key,
        device_id,
        session_id,
        min_by(user_id, iff(user_id is null or is_session_end, null, event_number)) as user_id,
        min(event_time) as started_at,
        max(event_time) as ended_at,
        min_by(event_date, event_number) as first_date,
        count(*) as events,
        count(iff(is_page_view, 1, null)) as page_views,
        count(iff(is_click, 1, null)) as clicks,
        count(iff(is_form, 1, null)) as forms,
        {%- set named_view = 'iff(is_page_view and page_path is not null, event_number, null)' %}
        min_by(page_path, {{ named_view }}) as entry_page,
        max_by(page_path, {{ named_view }}) as exit_page,
        boolor_agg(event_type = 'session_start') as has_start,
        boolor_agg(is_session_end) as has_end
    from session_events
    group by project, session_key, device_key, device_id, session_id
),

first_page_views as (
    select
        session_key,
        referring_domain,
        utm_source
    from session_events
    where is_page_view
    qualify row_number() over (partition by session_key order by event_number) = 1
),

-- A session_end is uploaded by the next visit and carries that visit's place, device and network.
first_events as (
    select *
    from session_events
    where not is_session_end
    qualify row_number() over (partition by session_key order by event_number) = 1
)

select
    counted.project,
    counted.session_key,
    counted.device_key,
    counted.device_id,
    counted.session_id,
    counted.user_id,
    counted.started_at,
    counted.ended_at,
    {{ seconds_between('counted.started_at', 'counted.ended_at') }} as seconds,
    counted.first_date,
    counted.events,
    counted.page_views,
    counted.clicks,
    counted.forms,
    counted.entry_page,
    counted.exit_page,
    first_page_views.referring_domain,
    first_page_views.utm_source,
    coalesce(counted.has_start, false) as has_start,
    counted.has_end,
    first_events.ip_address,
    first_events.country,
    first_events.region,
    first_events.city,
    first_events.language,
    first_events.platform,
    first_events.os_name,
    first_events.os_version,
    first_events.device_family,
    first_events.device_type
from counted
left join first_page_views
    on counted.session_key = first_page_views.session_key
left join first_events
    on counted.session_key = first_events.session_key
