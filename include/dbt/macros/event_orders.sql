{# Order the events of a device. #}
{% macro event_order() -%}
    event_time nulls last, event_id nulls last, uuid
{%- endmacro %}

{# Order the rows of a device by arrival: of several repeats the first one counts. #}
{% macro arrival_order() -%}
    server_upload_time nulls last, source_file, source_row
{%- endmacro %}
