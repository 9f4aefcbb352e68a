{{ config(materialized='incremental', unique_key='device_key') }}
/*
what:   Runs of three or more clicks on one element, each at most ten seconds after the one before.
grain:  a run, named by the uuid of its first click
reads:  clicks
re-run: replaces the affected devices
*/
with timed as (
    select
        *,
        lag(element_key) over (partition by session_key order by click_number) as element_before,
        lag(clicked_at) over (partition by session_key order by click_number) as clicked_before
    from {{ affected_rows(ref('int_clicks')) }}
    where session_key is not null
        and clicked_at is not null
),

numbered as (
    select
        *,
        count(
            iff(
                element_before is null
                or element_before != element_key
                or datediff('microsecond', clicked_before, clicked_at) > 10 * 1000000,
                1,
                null
            )
        )
            over (
                partition by session_key
                order by click_number
                rows between unbounded preceding and current row
            ) as run
    from timed
),

-- Each click with the three clicks before it in the run, for Amplitude's definition of a rage click
-- ("Frustration analytics").
fours as (
    select
        *,
        datediff(
            'microsecond',
            lag(clicked_at, 3) over (partition by session_key, run order by click_number),
            clicked_at
        ) as microseconds,
        {%- for side in ['left', 'top'] %}
        {%- for extreme in ['min', 'max'] %}
        {{ extreme }}(position_{{ side }})
            over (
                partition by session_key, run
                order by click_number
                rows between 3 preceding and current row
            ) as {{ extreme }}_{{ side }},
        {%- endfor %}
        {%- endfor %}
        row_number() over (partition by session_key, run order by click_number) as nth
    from numbered
)

select
    project,
    min_by(uuid, nth) as uuid,
    session_key,
    device_key,
    page_path,
    element_key,
    element_tag,
    element_text,
    min_by(clicked_at, nth) as first_clicked_at,
    max_by(clicked_at, nth) as last_clicked_at,
    count(*) as clicks,
    {{ seconds_between('min_by(clicked_at, nth)', 'max_by(clicked_at, nth)') }} as seconds,
    boolor_agg(
        nth >= 4
        and microseconds < 1000000
        and coalesce(max_left - min_left, 0) <= 50
        and coalesce(max_top - min_top, 0) <= 50
    ) as is_rage_click
from fours
group by
    project, session_key, device_key, run, page_path, element_key, element_tag, element_text
having count(*) >= 3
