/*
what:   The day's files and rows in the table by hour, and a run that loaded them: compared with the
        manifest before commit, and read before the delete for hours that the ledger does not have.
reads:  amplitude_raw (one export day of a project)
writes: nothing
re-run: safe.
*/
select
    export_hour,
    count(distinct source_file) as files,
    count(*) as events,
    max(run_id) as run_id
from amplitude_raw
where project = %(project)s and export_day = %(day)s::date
group by export_hour
order by export_hour
