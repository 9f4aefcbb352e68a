/*
what:   Which journeys do visitors take? The 20 most frequent, and how often a form is submitted.
reads:  gold.journeys, gold.fct_sessions
writes: nothing
re-run: safe.
*/
select
    journeys.path,
    count(*) as times,
    -- Percent of all journeys, and of the journeys with this path.
    round(100 * count(*) / sum(count(*)) over (), 1) as share_of_journeys,
    round(100 * count_if(sessions.forms > 0) / count(*), 1) as share_with_form,
    count(distinct sessions.user_key) as visitors,
    max(journeys.steps) as steps,
    round(median(sessions.seconds), 1) as median_seconds
from gold.journeys as journeys
inner join gold.fct_sessions as sessions
    on journeys.session_key = sessions.session_key
group by journeys.path
order by times desc, journeys.path asc
limit 20
