/*
what:   Probes the privilege to insert networks, without inserting a row.
reads:  nothing
writes: nothing (ip_networks would be written)
re-run: safe.
*/
insert into ip_networks (
    first_key,
    last_key,
    asn,
    name
)
select
    0,
    0,
    0,
    'amplitude_doctor'
where false
