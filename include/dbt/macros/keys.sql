{# The domain of an e-mail address, in lower case; null for what is none. #}
{% macro email_domain(user) -%}
    {%- set address = '^[^@[:space:]]+@([^@[:space:]]+[.][^@[:space:]]+)$' -%}
    lower(regexp_substr({{ user }}, '{{ address }}', 1, 1, 'e', 1))
{%- endmacro %}

{# What names a place. #}
{% macro location_key() -%}
    md5(
        coalesce('=' || country, '') || chr(31)
        || coalesce('=' || region, '') || chr(31)
        || coalesce('=' || city, '')
    )
{%- endmacro %}
{#
    Whom an event or a session belongs to: its own user id, else the first that its device has sent,
    else the device as an anonymous user; null for an event without device and user.
#}
{% macro user_key(user_id, device) -%}
    coalesce({{ user_id }}, {{ device }}.first_user_id, 'device:' || {{ device }}.device_id)
{%- endmacro %}
