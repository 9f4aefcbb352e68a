/*
what:   Makes room for the day's new ledger rows.
reads:  nothing
writes: amplitude_loads (every row of one export day)
re-run: deletes what an earlier load of the day left.
*/
delete from amplitude_loads
where export_day = %(day)s::date
