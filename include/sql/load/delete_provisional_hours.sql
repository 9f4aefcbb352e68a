/*
what:   Deletes the project's rows of these hours, which the same transaction copies in again.
reads:  nothing
writes: amplitude_provisional (every row of some hours of a project)
re-run: deletes the rows of an earlier export of the hours.
*/
delete from amplitude_provisional
where project = %(project)s and export_hour in (%(hours)s)
