/*
what:   Sessions whose events, pages, clicks or forms differ from what they count.
reads:  sessions, events, clicks (the affected devices)
*/
select session_key
from (
    select
        session_key,
        events,
        page_views,
        clicks,
        forms
    from {{ get_where_subquery(ref('int_sessions')) }}
    union all
    select
        session_key,
        -1 as events,
        iff(is_page_view, -1, 0) as page_views,
        0 as clicks,
        iff(is_form, -1, 0) as forms
    from {{ get_where_subquery(ref('int_events')) }}
    union all
    select
        session_key,
        0 as events,
        0 as page_views,
        -1 as clicks,
        0 as forms
    from {{ get_where_subquery(ref('int_clicks')) }}
)
where session_key is not null
group by session_key
having sum(events) != 0
    or sum(page_views) != 0
    or sum(clicks) != 0
    or sum(forms) != 0
