{{ config(materialized='incremental', alias='clicks', unique_key='device_key') }}
/*
what:   Clicks, the clicked elements, and the pages that they lead to.
grain:  a uuid of a device
reads:  events
re-run: replaces the affected devices
*/
with elements as (
    select
        project,
        device_key,
        uuid,
        session_key,
        event_number,
        event_time as clicked_at,
        page_url,
        page_path,
        {{ json_text('event_properties:"[Amplitude] Element Tag"') }} as element_tag,
        {{ json_text('event_properties:"[Amplitude] Element ID"') }} as element_id,
        {{ json_text('event_properties:"[Amplitude] Element Text"') }} as element_text,
        {{ json_text('event_properties:"[Amplitude] Element Aria Label"') }} as element_label,
        {{ json_text('event_properties:"[Amplitude] Element Href"') }} as element_href,
        try_to_double(
            event_properties:"[Amplitude] Element Position Left"::varchar
        ) as position_left,
        try_to_double(
            event_properties:"[Amplitude] Element Position Top"::varchar
        ) as position_top
    from {{ affected_rows(ref('int_events')) }}
    where is_click
),

linked as (
    select
        *,
        -- mailto:, tel: and javascript: lead to no page; a relative link is not resolved.
        case
            when startswith(element_href, '//') then 'https:' || element_href
            when startswith(element_href, '/') then 'https://' || element_href
            else element_href
        end as target_url,
        nullif({{ url_host('target_url') }}, '') as target_host,
        {{ url_path('target_url') }} as target_path,
        md5(
            {%- for part in [
                'page_path', 'element_tag', 'element_id',
                'element_text', 'element_label', 'element_href',
            ] %}
            coalesce('=' || {{ part }}, '') || chr(31){{ ' ||' if not loop.last }}
            {%- endfor %}
        ) as element_hash,
        coalesce({{ trimmed_text('element_text') }}, {{ trimmed_text('element_label') }}) as caption
    from elements
)

select
    project,
    device_key,
    uuid,
    session_key,
    iff(
        session_key is null,
        null,
        row_number() over (partition by device_key, session_key order by event_number)
    ) as click_number,
    event_number,
    clicked_at,
    page_url,
    page_path,
    {{ in_project('element_hash') }} as element_key,
    element_tag,
    element_id,
    element_text,
    element_label,
    element_href,
    caption,
    position_left,
    position_top,
    target_path,
    coalesce(
        target_path is not null
        and not contains(element_href, '#')
        and {{ path_without_slash('target_path') }} = {{ path_without_slash('page_path') }}
        and (target_host is null or target_host = {{ url_host('page_url') }}),
        false
    ) as is_same_page_link,
    coalesce(lower(caption) in {{ text_list(var('menu_open_labels')) }}, false) as opens_menu,
    coalesce(lower(caption) in {{ text_list(var('menu_close_labels')) }}, false) as closes_menu
from linked
