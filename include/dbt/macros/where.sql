{#
    What a generic test looks at, which costs as much as was changed: of a table with one row for
    each thing of a device, the rows of the affected devices; of the others, and with the variable
    test_everything, all of them.
#}
{% macro get_where_subquery(relation) -%}
    {#- No ref(), which each test would have to name; an earlier command has made the table. -#}
    {%- set devices = built('affected_devices') -%}
    {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') -%}
    {%- set partly = config.get('where') == 'affected' and not var('test_everything') -%}
    {%- if partly and devices and 'device_key' in columns | map('lower') -%}
        {{ rows_of(relation, devices) }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}

{# No two rows have the same values in `columns`, and none of these is null. #}
{% test unique_key(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% endtest %}
