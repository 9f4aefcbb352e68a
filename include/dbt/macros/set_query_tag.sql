{#
    Set the session's parameters. Each model, seed and test has its own session, and dbt calls this
    macro at its start. A pre_hook would not do: tests have none.
#}
{% macro snowflake__set_query_tag() -%}
    {%- do run_query('alter session set ' ~ var('session_parameters')) -%}
    {{ return(none) }}
{%- endmacro %}
