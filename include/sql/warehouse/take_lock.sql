/*
what:   Takes the lock, which makes loads run one after the other; held until commit or rollback.
reads:  nothing
writes: amplitude_lock (its one row)
re-run: the same row again.
*/
update amplitude_lock
set
    locked_by = %(run_id)s,
    locked_at = sysdate(),
    project = %(project)s
