{# Remove spaces, tabs and line ends around a text; null if nothing else is in it. #}
{% macro trimmed_text(column) -%}
    nullif(regexp_replace({{ column }}, '^[[:space:]]+|[[:space:]]+$', ''), '')
{%- endmacro %}

{# Return the domain of an e-mail address in lower case; null for any other text. #}
{% macro email_domain(user) -%}
    {%- set address = '^[^@[:space:]]+@([^@[:space:]]+[.][^@[:space:]]+)$' -%}
    lower(regexp_substr({{ user }}, '{{ address }}', 1, 1, 'e', 1))
{%- endmacro %}

{# Write a list of texts, for `in`; nothing is in an empty one. #}
{% macro text_list(values) -%}
    (
    {%- for value in values -%}
        '{{ value | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- else -%}
        null
    {%- endfor -%}
    )
{%- endmacro %}
