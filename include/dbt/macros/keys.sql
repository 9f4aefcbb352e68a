{#
    Return the key, with the project: a key of the project `default` is as it is, one of another
    project is `project:<name>/<key>`. A key of `default` that looks like the latter gets its project
    too, so that no ids of two projects make the same key. Null stays null.
#}
{% macro in_project(key, project='project') -%}
    iff(
        {{ project }} = 'default' and not startswith({{ key }}, 'project:'),
        {{ key }},
        'project:' || {{ project }} || '/' || {{ key }}
    )
{%- endmacro %}

{# Return the key of a row of AMPLITUDE_RAW. #}
{% macro row_uuid() -%}
    coalesce({{ json_text('json_data:uuid') }}, source_file || '#' || source_row::varchar)
{%- endmacro %}

{# Return the key of the unit that a row of AMPLITUDE_RAW belongs to: its device, or itself. #}
{% macro device_key() -%}
    {%- set device -%}
        coalesce({{ json_text('json_data:device_id') }}, 'uuid:' || {{ row_uuid() }})
    {%- endset -%}
    {{ in_project(device) }}
{%- endmacro %}

{# Return the key of a place. #}
{% macro location_key() -%}
    {%- set place -%}
        md5(
            coalesce('=' || country, '') || chr(31)
            || coalesce('=' || region, '') || chr(31)
            || coalesce('=' || city, '')
        )
    {%- endset -%}
    {{ in_project(place) }}
{%- endmacro %}

{#
    Return the key of the user of an event or a session: its own user id, else the first that its
    device has sent, else the device as an anonymous user; null for an event without device and
    user.
#}
{% macro user_key(user_id, device) -%}
    {%- set user -%}
        coalesce({{ user_id }}, {{ device }}.first_user_id, 'device:' || {{ device }}.device_id)
    {%- endset -%}
    {{ in_project(user, device ~ '.project') }}
{%- endmacro %}
