{#
    Return True once a run of this version has finished: it writes staged_days last, and in earlier
    versions that table has no project.
#}
{% macro has_finished_run() -%}
    {%- set staged_days = existing_relation('staged_days') -%}
    {%- set columns = adapter.get_columns_in_relation(staged_days) if staged_days else [] -%}
    {{ return('project' in columns | map(attribute='name') | map('lower')) }}
{%- endmacro %}

{#
    Return True if the run builds its tables from all rows, as dbt's own macro does; and until a run
    of this version has finished, because tables of earlier versions lack columns.
#}
{% macro should_full_refresh() -%}
    {%- set configured = config.get('full_refresh') -%}
    {%- if configured is not none -%}
        {{ return(configured) }}
    {%- endif -%}
    {{ return(flags.FULL_REFRESH or not has_finished_run()) }}
{%- endmacro %}
