/*
what:   Deletes the project's ledger rows of the day, before the new ones are inserted.
reads:  nothing
writes: amplitude_loads (every row of one export day of a project)
re-run: deletes the rows of an earlier load of the day.
*/
delete from amplitude_loads
where project = %(project)s and export_day = %(day)s::date
