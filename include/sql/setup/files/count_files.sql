/*
what:   The files of a day, by the rows that were copied from them.
reads:  amplitude_raw (one export day of a project)
writes: nothing
re-run: safe.
*/
select
    source_file,
    count(*) as events,
    max(run_id) as run_id,
    max(loaded_at) as loaded_at
from amplitude_raw
where project = %(project)s and export_day = %(day)s::date
group by source_file
order by source_file
