{{ config(materialized='incremental', unique_key='device_key') }}
/*
what:   The path of a session through the site, as text.
grain:  a session_key, of sessions with a page
reads:  journey_steps
re-run: replaces the affected devices
*/
select
    project,
    session_key,
    device_key,
    min(iff(step = 1, viewed_at, null)) as started_at,
    count(*) as steps,
    sum(views) as page_views,
    listagg(iff(step <= 1000, page_path, null), ' > ') within group (order by step) as path,
    min_by(page_path, step) as entry_page,
    max_by(page_path, step) as exit_page
from {{ affected_rows(ref('journey_steps')) }}
group by project, session_key, device_key
