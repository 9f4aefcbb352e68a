{{ config(materialized='incremental', unique_key='device_key') }}
/*
what:   Signs that a visitor is lost: see docs/transform.md for the three.
grain:  a uuid and a sign
reads:  events, clicks, journey_steps
re-run: replaces the affected devices
*/
with clicks as (
    select *
    from {{ affected_rows(ref('int_clicks')) }}
    where session_key is not null
),

moves as (
    select
        events.project,
        events.uuid,
        events.session_key,
        events.device_key,
        events.event_time,
        events.page_path,
        clicks.caption,
        coalesce(clicks.closes_menu, false) as closes_menu,
        lag(coalesce(clicks.opens_menu, false))
            over (partition by events.session_key order by events.event_number) as opened_before
    from {{ affected_rows(ref('int_events')) }} as events
    left join clicks
        on events.device_key = clicks.device_key
            and events.uuid = clicks.uuid
    where events.session_key is not null
        and (events.is_page_view or events.is_click)
),

steps as (
    select
        *,
        lag(page_path) over (partition by session_key order by step) as page_before,
        lag(page_path, 2) over (partition by session_key order by step) as page_before_last
    from {{ affected_rows(ref('journey_steps')) }}
)

select
    project,
    uuid,
    'opened_and_closed' as sign,
    session_key,
    device_key,
    event_time as happened_at,
    page_path,
    caption as detail
from moves
where closes_menu and opened_before
union all
select
    project,
    uuid,
    'link_to_same_page' as sign,
    session_key,
    device_key,
    clicked_at as happened_at,
    page_path,
    caption as detail
from clicks
where is_same_page_link
union all
select
    project,
    uuid,
    'back_and_forth' as sign,
    session_key,
    device_key,
    viewed_at as happened_at,
    page_path,
    page_before as detail
from steps
where page_before_last = page_path
