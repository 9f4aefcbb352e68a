/*
what:   Owners of IP addresses, by which the transform identifies companies.
reads:  nothing
writes: table ip_networks (grain: a range of addresses of one owner; no two overlap)
re-run: changes nothing; rows, grants and history stay.
*/
create table if not exists ip_networks (
    -- First address, inclusive: an IPv4 address as a number, or the first 64 bits of an IPv6
    -- address as one.
    first_key number(20, 0) not null,
    -- Last address, inclusive, in the same form; no two ranges overlap.
    last_key number(20, 0) not null,
    -- Number of the autonomous system that owns the range.
    asn number(10, 0) not null,
    -- Name of that autonomous system.
    name varchar not null
)
