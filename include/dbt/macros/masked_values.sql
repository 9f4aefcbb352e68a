{# Personal data in gold, unchanged or masked: the variable mask_personal_data decides. #}

{# Return the network of an address, /24 or /48; null for text that is not an address. #}
{% macro masked_ip(address) -%}
    {%- if var('mask_personal_data') -%}
        {%- set hex = "parse_ip(" ~ address ~ ", 'INET', 1):hex_ipv6::varchar" -%}
        coalesce(
            regexp_substr({{ address }}, '^(([0-9]{1,3}[.]){3})[0-9]{1,3}$', 1, 1, 'e', 1) || '0',
            substr({{ hex }}, 1, 4) || ':'
            || substr({{ hex }}, 5, 4) || ':'
            || substr({{ hex }}, 9, 4) || '::'
        )
    {%- else -%}
        {{ address }}
    {%- endif -%}
{%- endmacro %}

{# Return a hash of a user's id or key; equal users have equal hashes. #}
{% macro masked_user(user) -%}
    {{ 'sha2(' ~ user ~ ', 256)' if var('mask_personal_data') else user }}
{%- endmacro %}

{# Return a URL without query and fragment, which can contain any data. #}
{% macro masked_url(url) -%}
    {{ "regexp_substr(" ~ url ~ ", '^[^?#]*')" if var('mask_personal_data') else url }}
{%- endmacro %}
