{#
    Return a table of the silver schema that an earlier run has built, or none. A ref() cannot do
    this: the current run builds the same model later.
#}
{% macro existing_relation(name) -%}
    {{ return(adapter.get_relation(database=target.database, schema='silver', identifier=name)) }}
{%- endmacro %}
