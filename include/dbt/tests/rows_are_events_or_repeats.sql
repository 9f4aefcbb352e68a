/*
what:   Devices that have rows which are neither an event nor a repeat, or are both.
reads:  base_events, stg_repeats, events (the affected devices)
*/
select device_key
from (
    select
        device_key,
        1 as open_rows
    from {{ get_where_subquery(ref('base_amplitude__events')) }}
    union all
    select
        device_key,
        -1 as open_rows
    from {{ get_where_subquery(ref('stg_amplitude__repeats')) }}
    union all
    select
        device_key,
        -1 as open_rows
    from {{ get_where_subquery(ref('int_events')) }}
)
group by device_key
having sum(open_rows) != 0
