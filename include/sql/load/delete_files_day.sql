/*
what:   Deletes the project's rows of the day's files, before the new ones are inserted. It is the
        first change of a load: a database that has no such table yet fails here.
reads:  nothing
writes: amplitude_files (every row of one export day of a project)
re-run: deletes the rows of an earlier load of the day.
*/
delete from amplitude_files
where project = %(project)s and export_day = %(day)s::date
