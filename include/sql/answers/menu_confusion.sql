/*
what:   Does the menu confuse visitors? The 20 most frequent signs that it does, by page.
reads:  gold.menu_confusion, gold.journeys, gold.journey_steps
writes: nothing
re-run: safe.
*/
with sessions_of_pages as (
    select
        page_path,
        count(distinct session_key) as sessions
    from gold.journey_steps
    group by page_path
),

signs as (
    select
        *,
        count(distinct session_key) over (partition by sign) as sessions_of_sign
    from gold.menu_confusion
)

select
    signs.sign,
    signs.page_path,
    signs.detail,
    count(*) as times,
    count(distinct signs.session_key) as sessions,
    -- Percent of the sessions that saw the page, and of all sessions with pages, anywhere.
    round(100 * count(distinct signs.session_key) / max(pages.sessions), 1) as share_of_page,
    round(
        100 * max(signs.sessions_of_sign) / nullif((select count(*) from gold.journeys), 0), 1
    ) as share_of_sign
from signs
left join sessions_of_pages as pages
    on signs.page_path = pages.page_path
group by signs.sign, signs.page_path, signs.detail
order by count(distinct signs.session_key) desc, count(*) desc, signs.sign asc, signs.page_path asc
limit 20
