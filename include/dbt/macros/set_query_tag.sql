{#
    Set the session's parameters, and leave it the rights of its role alone: an administrator can
    have given the user secondary roles. Each model, seed and test has its own session, and dbt calls
    this macro at its start. A pre_hook would not do: tests have none.
#}
{% macro snowflake__set_query_tag() -%}
    {%- do run_query('alter session set ' ~ var('session_parameters')) -%}
    {#- A token for one role, or a session policy, refuses the statement, and needs none. #}
    {%- set found = run_query('select current_secondary_roles()').rows[0][0] -%}
    {%- if fromjson(found)['roles'] -%}
        {%- do run_query('use secondary roles none') -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
