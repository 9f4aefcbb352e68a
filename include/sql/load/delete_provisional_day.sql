/*
what:   Deletes the project's provisional hours of the day, which is final from this load on.
reads:  nothing
writes: amplitude_provisional (every row of one export day of a project)
re-run: deletes nothing; no hourly run loads an hour of a day that has ledger rows.
*/
delete from amplitude_provisional
where project = %(project)s and export_day = %(day)s::date
