/*
what:   The events of one hour, each by its uuid, repeats included.
reads:  amplitude_raw (one hour of one export day of a project)
writes: nothing
re-run: safe.
*/
select json_data:uuid::varchar as uuid
from amplitude_raw
where
    project = %(project)s
    and export_day = %(day)s::date
    and export_hour = %(hour)s::timestamp_ntz
