{{ config(materialized='table') }}
/*
what:   Companies that visitors belong to: owners of business networks, else domains of e-mail
        addresses.
grain:  a project and a company, the company_key
reads:  fct_sessions
re-run: rebuilt
*/
select
    project,
    company_key,
    max(company) as company,
    max(company_signal) as company_signal,
    max(iff(company_signal = 'network', asn, null)) as asn,
    count(*) as sessions,
    count(distinct device_key) as devices,
    count(distinct user_key) as users,
    sum(page_views) as page_views,
    min(started_at) as first_seen_at,
    max(ended_at) as last_seen_at
from {{ ref('fct_sessions') }}
where company_key is not null
group by project, company_key
