{#
    The incremental strategy replace_units: in one transaction delete the rows of every affected
    unit, also of units that have no rows any more, and insert their current rows. dbt's own
    delete+insert would leave the rows of a unit that has vanished.

    The unit is the model's unique_key: a device_key, or a project and an export_day.
#}
{% macro get_incremental_replace_units_sql(arg_dict) %}
    {%- set unit = arg_dict['unique_key'] -%}
    {%- set key = unit if unit is string else unit | join(', ') -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    begin;
    delete from {{ arg_dict['target_relation'] }}
    where ({{ key }}) in (select {{ key }} from {{ affected_units_relation(unit) }});
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }};
    commit;
{% endmacro %}
