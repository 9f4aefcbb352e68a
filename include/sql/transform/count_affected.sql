/*
what:   How many export days and devices the transform is about to replace.
reads:  silver.affected_days, silver.affected_devices
writes: nothing
re-run: the same, until the transform has ended
*/
select
    (select count(*) from silver.affected_days) as days,
    (select count(*) from silver.affected_devices) as devices
