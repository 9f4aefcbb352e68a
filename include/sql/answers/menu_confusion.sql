/*
what:   Does the menu confuse visitors? The 20 most frequent signs that it does, by page, of
        each project.
reads:  gold.menu_confusion, gold.journeys, gold.journey_steps
writes: nothing
re-run: safe.
*/
with sessions_of_pages as (
    select
        project,
        page_path,
        count(distinct session_key) as sessions
    from gold.journey_steps
    group by project, page_path
),

journeys_of_projects as (
    select
        project,
        count(*) as journeys
    from gold.journeys
    group by project
),

signs as (
    select
        *,
        count(distinct session_key) over (partition by project, sign) as sessions_of_sign
    from gold.menu_confusion
)

select
    signs.project,
    signs.sign,
    signs.page_path,
    signs.detail,
    count(*) as times,
    count(distinct signs.session_key) as sessions,
    -- Percent of the project's sessions that saw the page, and of those with any page.
    round(100 * count(distinct signs.session_key) / max(pages.sessions), 1) as share_of_page,
    round(100 * max(signs.sessions_of_sign) / max(totals.journeys), 1) as share_of_sign
from signs
left join sessions_of_pages as pages
    on signs.project = pages.project
        and signs.page_path = pages.page_path
left join journeys_of_projects as totals
    on signs.project = totals.project
group by signs.project, signs.sign, signs.page_path, signs.detail
qualify
    row_number() over (
        partition by signs.project
        order by
            count(distinct signs.session_key) desc,
            count(*) desc,
            signs.sign asc,
            signs.page_path asc
    ) <= 20
order by
    signs.project asc,
    count(distinct signs.session_key) desc,
    count(*) desc,
    signs.sign asc,
    signs.page_path asc
