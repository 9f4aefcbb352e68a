/*
what:   Renames the lock's column of version 0.6 and earlier. Their loads replace the day of all
        projects; each takes the lock first, and now fails there.
reads:  nothing
writes: table amplitude_lock (its columns)
re-run: left out.
*/
alter table identifier(%(lock_with_run_id)s) rename column run_id to locked_by
