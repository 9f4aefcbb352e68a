{# The path of a web address: what stands between the host and the first ? or #, else /. #}
{% macro url_path(url) -%}
    iff(
        regexp_like({{ url }}, 'https?://.*', 'is'),
        coalesce(
            nullif(regexp_substr({{ url }}, '^[^:]*://[^/?#]*([^?#]*)', 1, 1, 'e', 1), ''),
            '/'
        ),
        null
    )
{%- endmacro %}

{# The host of a web address in lower case, null of anything else. #}
{% macro url_host(url) -%}
    iff(
        regexp_like({{ url }}, 'https?://.*', 'is'),
        lower(regexp_substr({{ url }}, '^[^:]*://([^/?#]*)', 1, 1, 'e', 1)),
        null
    )
{%- endmacro %}

{# A path as it is compared: one slash at the end counts for nothing. #}
{% macro bare_path(path) -%}
    regexp_replace({{ path }}, '/$', '')
{%- endmacro %}
