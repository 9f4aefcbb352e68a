{#
    Return the columns of typed events, of the rows of `raw_rows`: a value of another type is null,
    and bad_fields names its column. It begins behind the `with` that defines these.
#}
{% macro typed_events() -%}
typed as (
    select
        json_data,
        project,
        export_day,
        export_hour,
        source_file,
        source_row,
        {{ device_key() }} as device_key,
        {{ row_uuid() }} as uuid,
        {{ json_text('json_data:device_id') }} as device_id,
        {{ json_text('json_data:user_id') }} as user_id,
        {{ json_integer('json_data:amplitude_id') }} as amplitude_id,
        {{ json_integer('json_data:session_id') }} as session_id,
        {{ json_text('json_data:"$insert_id"') }} as insert_id,
        {{ json_integer('json_data:event_id') }} as event_id,
        {{ json_text('json_data:event_type') }} as event_type,
        {{ json_timestamp('json_data:event_time') }} as event_time,
        {{ json_timestamp('json_data:client_event_time') }} as client_event_time,
        {{ json_timestamp('json_data:client_upload_time') }} as client_upload_time,
        {{ json_timestamp('json_data:server_upload_time') }} as server_upload_time
    from raw_rows
)

select
    project,
    export_day,
    export_hour,
    source_file,
    source_row,
    device_key,
    uuid,
    device_id,
    user_id,
    amplitude_id,
    session_id,
    insert_id,
    event_id,
    event_type,
    event_time,
    client_event_time,
    client_upload_time,
    server_upload_time,
    {%- for column in [
        'ip_address', 'country', 'region', 'city', 'dma', 'language',
        'platform', 'os_name', 'os_version', 'device_family', 'device_type',
        'app', 'library', 'version_name',
    ] %}
    {{ json_text('json_data:' ~ column) }} as {{ column }},
    {%- endfor %}
    {%- for column in [
        'initial_referring_domain',
        'initial_utm_source', 'initial_utm_medium', 'initial_utm_campaign',
    ] %}
    {{ json_text('json_data:user_properties:' ~ column) }} as {{ column }},
    {%- endfor %}
    nullif(
        array_to_string(
            array_compact(
                array_construct(
                    iff({{ json_text('json_data:uuid') }} is null, 'uuid', null),
                    iff(event_type is null, 'event_type', null),
                    {%- for column in [
                        'amplitude_id', 'session_id', 'event_id', 'event_time', 'client_event_time',
                        'client_upload_time', 'server_upload_time',
                    ] %}
                    {{ bad_field_name(column) }}{{ ',' if not loop.last }}
                    {%- endfor %}
                )
            ),
            ','
        ),
        ''
    ) as bad_fields,
    json_data:event_properties as event_properties,
    json_data:user_properties as user_properties
from typed
{%- endmacro %}
