/*
what:   The projects that have days, also those that are no longer in the file of projects.
reads:  amplitude_loads (all days)
writes: nothing
re-run: safe.
*/
select project
from amplitude_loads
group by project
order by project
