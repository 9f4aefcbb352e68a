/*
what:   Adds the project to the lock of version 0.6 and earlier. It comes last: a load writes its
        project into the lock first, and so fails until everything before is done.
reads:  nothing
writes: table amplitude_lock (its columns)
re-run: left out.
*/
alter table identifier(%(lock_without_project)s)
add column project varchar not null default 'default'
