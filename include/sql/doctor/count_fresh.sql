/*
what:   Counts the fresh events of one day, to see that the role reads them.
reads:  amplitude_raw_fresh (one export day of a project)
writes: nothing
re-run: safe.
*/
select count(*) as events
from amplitude_raw_fresh
where project = %(project)s and export_day = %(day)s::date
