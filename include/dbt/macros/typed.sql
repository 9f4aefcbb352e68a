{# Text of a JSON path; the browser SDK writes EMPTY for null. #}
{% macro text(path) -%}
    nullif({{ path }}::varchar, 'EMPTY')
{%- endmacro %}

{# Text without the spaces, tabs and line ends around it; null for what is nothing else. #}
{% macro trimmed(column) -%}
    nullif(regexp_replace({{ column }}, '^[[:space:]]+|[[:space:]]+$', ''), '')
{%- endmacro %}

{# A whole number, also as text. Left to itself, Snowflake would round a fraction. #}
{% macro whole(path) -%}
    iff(
        regexp_like({{ path }}::varchar, '-?[0-9]+'),
        try_to_number({{ path }}::varchar, 38, 0),
        null
    )
{%- endmacro %}

{# A time as Amplitude writes it. Left to itself, Snowflake would also read a number as one. #}
{% macro moment(path) -%}
    {%- set of_day = '([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?' -%}
    {%- set written = '[0-9]{4}-[0-9]{2}-[0-9]{2} ' ~ of_day -%}
    iff(
        regexp_like({{ path }}::varchar, '{{ written }}'),
        try_to_timestamp_ntz({{ path }}::varchar),
        null
    )
{%- endmacro %}

{# The column's name where the path has a value that the column's type could not hold, else null. #}
{% macro untyped(column) -%}
    iff(json_data:{{ column }}::varchar is not null and {{ column }} is null, '{{ column }}', null)
{%- endmacro %}

{# What names a row of AMPLITUDE_RAW. #}
{% macro row_uuid() -%}
    coalesce({{ text('json_data:uuid') }}, source_file || '#' || source_row::varchar)
{%- endmacro %}

{# The unit that a row of AMPLITUDE_RAW belongs to: its device, or itself. #}
{% macro device_key() -%}
    coalesce({{ text('json_data:device_id') }}, 'uuid:' || {{ row_uuid() }})
{%- endmacro %}

{# The order of the events of a device. #}
{% macro event_order() -%}
    event_time nulls last, event_id nulls last, uuid
{%- endmacro %}

{# The order in which rows of a device came: the first of several repeats is kept. #}
{% macro arrival_order() -%}
    server_upload_time nulls last, source_file, source_row
{%- endmacro %}

{# A list of texts, for `in`. #}
{% macro listed(values) -%}
    (
    {%- for value in values -%}
        '{{ value | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}

{# Seconds from one moment to another, with three decimals. #}
{% macro seconds_between(first, last) -%}
    (datediff('microsecond', {{ first }}, {{ last }}) / 1000000)::number(38, 3)
{%- endmacro %}
