{{ config(materialized='table') }}
/*
what:   Places that sessions came from; the place without country, region and city is a row too.
grain:  a project and a place, the location_key
reads:  sessions
re-run: rebuilt
*/
select
    project,
    {{ location_key() }} as location_key,
    country,
    region,
    city,
    count(*) as sessions,
    count(distinct device_key) as devices,
    min(started_at) as first_seen_at,
    max(ended_at) as last_seen_at
from {{ ref('int_sessions') }}
group by project, country, region, city
