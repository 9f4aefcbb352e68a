/*
what:   The ids at Amplitude that the ledger has of the project, and the projects that it has of the
        day's ids.
reads:  amplitude_loads (all days)
writes: nothing
re-run: safe.
*/
select
    project,
    project_id
from amplitude_loads
where
    project_id is not null
    and (project = %(project)s or project_id in (%(project_ids)s))
group by project, project_id
order by project, project_id
