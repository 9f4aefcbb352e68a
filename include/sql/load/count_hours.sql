/*
what:   The day's files and rows in the table by hour, to compare with the manifest before commit.
reads:  amplitude_raw (one export day)
writes: nothing
re-run: safe.
*/
select
    export_hour,
    count(distinct source_file) as files,
    count(*) as events
from amplitude_raw
where export_day = %(day)s::date
group by export_hour
order by export_hour
