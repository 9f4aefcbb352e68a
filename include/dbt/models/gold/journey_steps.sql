{{ config(materialized='incremental', unique_key='device_key') }}
/*
what:   The pages of a session in order; consecutive views of the same page are one step.
grain:  a session_key and a step (from 1)
reads:  events
re-run: replaces the affected devices
*/
with page_views as (
    select
        project,
        session_key,
        device_key,
        uuid,
        event_number,
        event_time,
        page_path,
        page_title,
        lag(page_path) over (partition by session_key order by event_number) as page_before
    from {{ affected_rows(ref('int_events')) }}
    where session_key is not null
        and is_page_view
        and page_path is not null
),

stepped as (
    select
        *,
        count(iff(page_before is null or page_before != page_path, 1, null))
            over (
                partition by session_key
                order by event_number
                rows between unbounded preceding and current row
            ) as step
    from page_views
),

counted as (
    select
        session_key,
        step,
        count(*) as views
    from stepped
    group by session_key, step
),

first_views as (
    select *
    from stepped
    where page_before is null or page_before != page_path
)

select
    first_views.project,
    first_views.session_key,
    first_views.device_key,
    first_views.step,
    first_views.page_path,
    first_views.page_title,
    first_views.uuid,
    first_views.event_time as viewed_at,
    counted.views,
    {{ seconds_between(
        'first_views.event_time',
        'lead(first_views.event_time)
            over (partition by first_views.session_key order by first_views.step)',
    ) }} as seconds
from first_views
inner join counted
    on first_views.session_key = counted.session_key
        and first_views.step = counted.step
