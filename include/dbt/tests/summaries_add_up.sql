/*
what:   Sums of a table that differ from the number of rows that it sums up. It reads whole tables:
        Snowflake counts all rows of a table without reading them.
reads:  daily, dim_users, dim_locations; events, sessions, devices
*/
{%- set events = '(select count(*) from ' ~ ref('int_events') ~ ')' %}
{%- set sessions = '(select count(*) from ' ~ ref('int_sessions') ~ ')' %}
{%- set devices = '(select count(device_id) from ' ~ ref('int_devices') ~ ')' %}
{%- set of_users = '(select count(coalesce(user_id, device_id)) from ' ~ ref('int_events') ~ ')' %}
select *
from (
    {%- for table, column, all in [
        ('daily', 'events', events),
        ('daily', 'sessions', sessions),
        ('daily', 'new_devices', devices),
        ('dim_users', 'events', of_users),
        ('dim_users', 'sessions', sessions),
        ('dim_locations', 'sessions', sessions),
    ] %}
    select
        '{{ table }}.{{ column }}' as name,
        coalesce(sum({{ column }}), 0) as found,
        {{ all }} as expected
    from {{ ref(table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)
where found != expected
