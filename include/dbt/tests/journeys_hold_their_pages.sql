/*
what:   Sessions whose pages or steps differ from what their journey counts.
reads:  journeys, journey_steps, events (the affected devices)
*/
select session_key
from (
    select
        session_key,
        page_views,
        steps
    from {{ get_where_subquery(ref('journeys')) }}
    union all
    select
        session_key,
        0 as page_views,
        -1 as steps
    from {{ get_where_subquery(ref('journey_steps')) }}
    union all
    select
        session_key,
        -1 as page_views,
        0 as steps
    from {{ get_where_subquery(ref('int_events')) }}
    where session_key is not null
        and is_page_view
        and page_path is not null
)
group by session_key
having sum(page_views) != 0
    or sum(steps) != 0
