{# Read a JSON path as text. The browser SDK writes EMPTY for null. #}
{% macro json_text(path) -%}
    nullif({{ path }}::varchar, 'EMPTY')
{%- endmacro %}

{# Read a JSON path as a whole number, also from text. A plain cast would round a fraction. #}
{% macro json_integer(path) -%}
    iff(
        regexp_like({{ path }}::varchar, '-?[0-9]+'),
        try_to_number({{ path }}::varchar, 38, 0),
        null
    )
{%- endmacro %}

{#
    Read a JSON path as a timestamp in Amplitude's format. A plain cast would also read a number as
    a time.
#}
{% macro json_timestamp(path) -%}
    {%- set time_of_day = '([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?' -%}
    {%- set format = '[0-9]{4}-[0-9]{2}-[0-9]{2} ' ~ time_of_day -%}
    iff(
        regexp_like({{ path }}::varchar, '{{ format }}'),
        try_to_timestamp_ntz({{ path }}::varchar),
        null
    )
{%- endmacro %}

{# Return the column's name if its JSON value does not fit the column's type, else null. #}
{% macro bad_field_name(column) -%}
    iff(json_data:{{ column }}::varchar is not null and {{ column }} is null, '{{ column }}', null)
{%- endmacro %}
