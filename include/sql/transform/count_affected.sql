/*
what:   The numbers of export days and devices that the transform is about to replace.
reads:  silver.affected_days, silver.affected_devices
writes: nothing
re-run: the same numbers, until the transform has ended.
*/
select
    (select count(*) from silver.affected_days) as days,
    (select count(*) from silver.affected_devices) as devices
