{# Return the table of the affected units, export_day or device_key. #}
{% macro affected_units_relation(unit) -%}
    {{ ref('affected_days') if unit == 'export_day' else ref('affected_devices') }}
{%- endmacro %}

{#
    Return the condition that a row is of an affected day. The days are literals, so that Snowflake
    skips the partitions of all other days before it reads anything; with a subquery it would not
    know the days in time.
#}
{% macro export_day_is_affected() -%}
    {%- set days = affected_units_relation('export_day') -%}
    {%- if execute -%}
        {%- set found = run_query('select export_day from ' ~ days).columns[0].values() -%}
        export_day in (
            {%- for day in found -%}
                '{{ day }}'::date{{ ', ' if not loop.last }}
            {%- else -%}
                null
            {%- endfor -%}
        )
    {%- endif -%}
{%- endmacro %}

{# Return the rows of these devices, for `from`. #}
{% macro rows_of_devices(relation, devices) -%}
    (
        select *
        from {{ relation }}
        where device_key in (select device_key from {{ devices }})
    )
{%- endmacro %}

{#
    Return the rows that a model reads of another one, for `from`: in an incremental run those of
    the affected devices, else all.
#}
{% macro affected_rows(relation) -%}
    {%- set devices = affected_units_relation('device_key') -%}
    {%- if is_incremental() -%}
        {{ rows_of_devices(relation, devices) }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
