/*
what:   Which companies are visitors from? The 20 with the most sessions.
reads:  gold.fct_sessions
writes: nothing
re-run: safe.
*/
select
    company,
    company_signal,
    count(*) as sessions,
    -- Percent of all sessions, and of the sessions of which a company is known.
    round(100 * count(*) / sum(count(*)) over (), 1) as share_of_sessions,
    round(100 * count(*) / nullif(sum(count(company_key)) over (), 0), 1) as share_of_known,
    count(distinct user_key) as visitors,
    sum(page_views) as page_views,
    sum(forms) as forms,
    mode(entry_page) as main_entry,
    max(ended_at) as last_seen_at
from gold.fct_sessions
group by company_key, company, company_signal
qualify company_key is not null
order by sessions desc, company asc
limit 20
