/*
what:   Notes that a second look has found the day as this run has loaded it. The next load of the
        day replaces the rows, and with them the note.
reads:  nothing
writes: amplitude_loads (verified_at of one export day of a project)
re-run: sets the time again.
*/
update amplitude_loads
set verified_at = sysdate()
where
    project = %(project)s
    and export_day = %(day)s::date
    and run_id = %(compared_run_id)s
