/*
what:   Who clicks again and again, and where? The 20 worst pairs of a visitor and an element,
        in each project.
reads:  gold.repeated_clicks, gold.fct_sessions
writes: nothing
re-run: safe.
*/
with clicks_of_users as (
    select
        user_key,
        sum(clicks) as clicks
    from gold.fct_sessions
    group by user_key
)

select
    sessions.project,
    sessions.user_key,
    max(sessions.company) as company,
    runs.page_path,
    max(coalesce(runs.element_text, runs.element_tag)) as element,
    count(*) as runs,
    count(iff(runs.is_rage_click, 1, null)) as rage_clicks,
    sum(runs.clicks) as clicks,
    -- Percent of all clicks of this visitor, and the number of visitors who do so on this element.
    round(100 * sum(runs.clicks) / max(clicks_of_users.clicks), 1) as share_of_clicks,
    count(*) over (partition by runs.element_key) as visitors_here
from gold.repeated_clicks as runs
inner join gold.fct_sessions as sessions
    on runs.session_key = sessions.session_key
inner join clicks_of_users
    on sessions.user_key = clicks_of_users.user_key
group by sessions.project, sessions.user_key, runs.page_path, runs.element_key
qualify
    row_number() over (
        partition by sessions.project
        order by rage_clicks desc, sum(runs.clicks) desc, sessions.user_key asc, element asc
    ) <= 20
order by
    sessions.project asc,
    rage_clicks desc, sum(runs.clicks) desc, sessions.user_key asc, element asc
