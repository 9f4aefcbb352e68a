{#
    A model of the silver schema as an earlier run has left it, or none: a model that this run makes
    later, which is why it can be no ref().
#}
{% macro built(name) -%}
    {{ return(adapter.get_relation(database=target.database, schema='silver', identifier=name)) }}
{%- endmacro %}
