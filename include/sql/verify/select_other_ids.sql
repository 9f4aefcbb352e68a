/*
what:   The ids at Amplitude that only other projects have: objects of theirs are beside this one's.
reads:  amplitude_loads (all days)
writes: nothing
re-run: safe.
*/
select project_id
from amplitude_loads
where project_id is not null
group by project_id
having count(iff(project = %(project)s, 1, null)) = 0
