{#
    Return the rows that a generic test reads, so that a test costs as much as was changed: of a
    table that has a row's device, the rows of the affected devices; of any other table, and with
    the variable test_everything, all rows.
#}
{% macro get_where_subquery(relation) -%}
    {#- Not a ref(), which each test would have to name; an earlier command has made the table. -#}
    {%- set devices = existing_relation('affected_devices') -%}
    {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') -%}
    {%- set partly = config.get('where') == 'affected' and not var('test_everything') -%}
    {%- if partly and devices and 'device_key' in columns | map('lower') -%}
        {{ rows_of_devices(relation, devices) }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
