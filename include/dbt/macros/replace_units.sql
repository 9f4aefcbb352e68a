{#
    How an incremental model takes part in a change: in one transaction it loses the rows of every
    affected unit, also of those that have no rows any more, and gets what they have now. dbt's own
    delete+insert would leave a unit that has vanished.

    The unit is the model's unique_key: export_day or device_key.
#}
{% macro get_incremental_replace_units_sql(arg_dict) %}
    {%- set unit = arg_dict['unique_key'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    begin;
    delete from {{ arg_dict['target_relation'] }}
    where {{ unit }} in (select {{ unit }} from {{ affected_units(unit) }});
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }};
    commit;
{% endmacro %}

{# The table that names the affected units, export_day or device_key. #}
{% macro affected_units(unit) -%}
    {{ ref('affected_days') if unit == 'export_day' else ref('affected_devices') }}
{%- endmacro %}

{#
    Whether a row is of an affected day. The days are written out, for Snowflake to leave out the
    partitions of all others before it reads anything; a subquery would not tell it in time.
#}
{% macro of_affected_days() -%}
    {%- set days = affected_units('export_day') -%}
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

{# The rows of these devices, for `from`. #}
{% macro rows_of(relation, devices) -%}
    (
        select *
        from {{ relation }}
        where device_key in (select device_key from {{ devices }})
    )
{%- endmacro %}

{#
    What a model reads of another one, for `from`: in an incremental run the rows of the affected
    devices, else all.
#}
{% macro affected(relation) -%}
    {%- set devices = affected_units('device_key') -%}
    {%- if is_incremental() -%}
        {{ rows_of(relation, devices) }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
