{# Return the seconds from one timestamp to another, with three decimals. #}
{% macro seconds_between(first, last) -%}
    (datediff('microsecond', {{ first }}, {{ last }}) / 1000000)::number(38, 3)
{%- endmacro %}
