{# Return the key of a row of AMPLITUDE_RAW. #}
{% macro row_uuid() -%}
    coalesce({{ json_text('json_data:uuid') }}, source_file || '#' || source_row::varchar)
{%- endmacro %}

{# Return the key of the unit that a row of AMPLITUDE_RAW belongs to: its device, or itself. #}
{% macro device_key() -%}
    coalesce({{ json_text('json_data:device_id') }}, 'uuid:' || {{ row_uuid() }})
{%- endmacro %}

{# Return the key of a place. #}
{% macro location_key() -%}
    md5(
        coalesce('=' || country, '') || chr(31)
        || coalesce('=' || region, '') || chr(31)
        || coalesce('=' || city, '')
    )
{%- endmacro %}

{#
    Return the key of the user of an event or a session: its own user id, else the first that its
    device has sent, else the device as an anonymous user; null for an event without device and
    user.
#}
{% macro user_key(user_id, device) -%}
    coalesce({{ user_id }}, {{ device }}.first_user_id, 'device:' || {{ device }}.device_id)
{%- endmacro %}
