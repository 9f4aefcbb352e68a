{# Return the table of the affected units: devices, or export days of a project. #}
{% macro affected_units_relation(unit) -%}
    {{ ref('affected_devices') if unit == 'device_key' else ref('affected_days') }}
{%- endmacro %}

{#
    Return the condition that a row is of an affected day of its project. Days and projects are
    literals as well, so that Snowflake skips the partitions of all others before it reads anything;
    with the subquery alone it would not know them in time.
#}
{% macro export_day_is_affected() -%}
    {%- set affected_days = affected_units_relation('export_day') -%}
    {%- if execute -%}
        {%- set found = run_query('select project, export_day from ' ~ affected_days).columns -%}
        export_day in (
            {%- for day in found[1].values() | unique -%}
                '{{ day }}'::date{{ ', ' if not loop.last }}
            {%- else -%}
                null
            {%- endfor -%}
        )
        and project in {{ text_list(found[0].values() | unique(true)) }}
        and (project, export_day) in (select project, export_day from {{ affected_days }})
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
