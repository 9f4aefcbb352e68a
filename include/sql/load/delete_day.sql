/*
what:   Makes room for the day that the same transaction copies in.
reads:  nothing
writes: amplitude_raw (every row of one export day)
re-run: deletes what an earlier load of the day left.
*/
delete from amplitude_raw
where export_day = %(day)s::date
