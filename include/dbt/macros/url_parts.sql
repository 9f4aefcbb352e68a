{# Return the path of a web address: the part between the host and the first ? or #, else /. #}
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

{# Return the host of a web address in lower case; null for any other text. #}
{% macro url_host(url) -%}
    iff(
        regexp_like({{ url }}, 'https?://.*', 'is'),
        lower(regexp_substr({{ url }}, '^[^:]*://([^/?#]*)', 1, 1, 'e', 1)),
        null
    )
{%- endmacro %}

{# Return a path for comparison: without one slash at its end. #}
{% macro path_without_slash(path) -%}
    regexp_replace({{ path }}, '/$', '')
{%- endmacro %}
