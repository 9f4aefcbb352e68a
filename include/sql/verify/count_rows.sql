/*
what:   The day's rows in the table, by hour and by the run that loaded them.
reads:  amplitude_raw (one export day of a project)
writes: nothing
re-run: safe.
*/
select
    export_hour,
    run_id,
    count(*) as events
from amplitude_raw
where project = %(project)s and export_day = %(day)s::date
group by export_hour, run_id
order by export_hour, run_id
