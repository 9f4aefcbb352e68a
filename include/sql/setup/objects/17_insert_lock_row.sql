/*
what:   The lock's one row, without which no load can begin.
reads:  amplitude_lock
writes: amplitude_lock (one row, if it has none)
re-run: changes nothing; a load under way keeps its lock.
*/
insert into amplitude_lock (
    locked_by,
    locked_at,
    project
)
select
    'amplitude_setup',
    sysdate(),
    'default'
where not exists (select 1 from amplitude_lock)
