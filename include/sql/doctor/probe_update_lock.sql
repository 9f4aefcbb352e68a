/*
what:   Probes the privilege to take the lock, without updating its row.
reads:  amplitude_lock
writes: nothing (amplitude_lock would be written)
re-run: safe.
*/
update amplitude_lock
set locked_by = %(run_id)s
where false
