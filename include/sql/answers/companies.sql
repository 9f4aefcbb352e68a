/*
what:   Which companies are visitors from? The 20 with the most sessions of each project.
reads:  gold.fct_sessions
writes: nothing
re-run: safe.
*/
select
    project,
    company,
    company_signal,
    count(*) as sessions,
    -- Percent of the project's sessions, and of those of which a company is known.
    round(100 * count(*) / sum(count(*)) over (partition by project), 1) as share_of_sessions,
    round(
        100 * count(*) / nullif(sum(count(company_key)) over (partition by project), 0), 1
    ) as share_of_known,
    count(distinct user_key) as visitors,
    sum(page_views) as page_views,
    sum(forms) as forms,
    mode(entry_page) as main_entry,
    max(ended_at) as last_seen_at
from gold.fct_sessions
group by project, company_key, company, company_signal
qualify company_key is not null
    and row_number() over (
        partition by project, company_key is null
        order by count(*) desc, company asc
    ) <= 20
order by project asc, sessions desc, company asc
