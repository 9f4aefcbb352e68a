/*
what:   How many rows the lock has: one, or two loads could run at once.
reads:  amplitude_lock
writes: nothing
re-run: safe.
*/
select count(*) as lock_rows
from amplitude_lock
