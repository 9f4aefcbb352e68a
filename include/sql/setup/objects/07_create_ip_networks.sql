/*
what:   Who owns which IP addresses, for the companies of the transform.
reads:  nothing
writes: table ip_networks (grain: a range of addresses of one owner; no two overlap)
re-run: changes nothing; rows, grants and history stay.
*/
create table if not exists ip_networks (
    first_key number(20, 0) not null,
    last_key number(20, 0) not null,
    asn number(10, 0) not null,
    name varchar not null
)
