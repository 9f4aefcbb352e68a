/*
what:   Deletes the day's ledger rows, before the new ones are inserted.
reads:  nothing
writes: amplitude_loads (every row of one export day)
re-run: deletes the rows of an earlier load of the day.
*/
delete from amplitude_loads
where export_day = %(day)s::date
