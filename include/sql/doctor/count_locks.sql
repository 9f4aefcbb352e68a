/*
what:   The number of rows of the lock. It must be one; otherwise two loads could run at once.
reads:  amplitude_lock
writes: nothing
re-run: safe.
*/
select count(*) as lock_rows
from amplitude_lock
