/*
what:   Which journeys do visitors take? The 20 most frequent of each project, and how often a
        form is submitted.
reads:  gold.journeys, gold.fct_sessions
writes: nothing
re-run: safe.
*/
select
    journeys.project,
    journeys.path,
    count(*) as times,
    -- Percent of the project's journeys, and of the journeys with this path.
    round(
        100 * count(*) / sum(count(*)) over (partition by journeys.project), 1
    ) as share_of_journeys,
    round(100 * count(iff(sessions.forms > 0, 1, null)) / count(*), 1) as share_with_form,
    count(distinct sessions.user_key) as visitors,
    max(journeys.steps) as steps,
    round(median(sessions.seconds), 1) as median_seconds
from gold.journeys as journeys
inner join gold.fct_sessions as sessions
    on journeys.session_key = sessions.session_key
group by journeys.project, journeys.path
qualify
    row_number() over (
        partition by journeys.project
        order by count(*) desc, journeys.path asc
    ) <= 20
order by journeys.project asc, times desc, journeys.path asc
