/*
what:   Deletes the project's rows of the day, which the same transaction copies in again.
reads:  nothing
writes: amplitude_raw (every row of one export day of a project)
re-run: deletes the rows of an earlier load of the day.
*/
delete from amplitude_raw
where project = %(project)s and export_day = %(day)s::date
