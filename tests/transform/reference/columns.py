"""The tables' columns, without properties and hashes; each table has `project`, too."""

from __future__ import annotations

_PLACE = "country region city"
_DEVICE = "platform os_name os_version device_family device_type"
_SEEN = "first_seen_at last_seen_at"
_STAGED = f"""
    export_day export_hour source_file source_row device_key uuid device_id user_id amplitude_id
    session_id insert_id event_id event_type event_time client_event_time client_upload_time
    server_upload_time ip_address {_PLACE} dma language {_DEVICE} app library version_name
    initial_referring_domain initial_utm_source initial_utm_medium initial_utm_campaign bad_fields
"""
_SESSION = f"""
    session_key device_key device_id session_id user_id started_at ended_at seconds first_date
    events page_views clicks forms entry_page exit_page referring_domain utm_source has_start
    has_end ip_address {_PLACE} language {_DEVICE}
"""

_TABLES = {
    "stg_repeats": "device_key source_file source_row export_day uuid reason",
    "stg_events": _STAGED,
    "events": f"""
        device_key device_id uuid session_key event_number event_type event_time
        server_upload_time event_date event_id user_id session_id is_page_view is_click is_form
        is_session_end page_url page_path page_title ip_address {_PLACE} language {_DEVICE}
        referring_domain utm_source bad_fields export_day
    """,
    "sessions": _SESSION,
    "clicks": """
        device_key uuid session_key click_number event_number clicked_at page_url page_path
        element_tag element_id element_text element_label element_href position_left position_top
        caption target_path is_same_page_link opens_menu closes_menu
    """,
    "devices": f"""
        device_key device_id first_user_id user_ids {_SEEN} events sessions page_views clicks
        {_DEVICE} language {_PLACE}
    """,
    "user_devices": f"user_key device_key device_id user_id events sessions {_SEEN}",
    "device_days": "device_key day country platform events sessions has_device is_new",
    "ip_owners": "ip_address asn network_name network_class",
    "fct_events": "device_key uuid user_key country platform",
    "fct_sessions": f"""
        {_SESSION} user_key asn network_name network_class email_domain company_key company
        company_signal
    """,
    "dim_users": f"user_key user_id is_anonymous email_domain devices sessions events {_SEEN}",
    "dim_locations": f"{_PLACE} sessions devices {_SEEN}",
    "journeys": "session_key device_key started_at steps page_views path entry_page exit_page",
    "journey_steps": """
        session_key device_key step page_path page_title uuid viewed_at views seconds
    """,
    "repeated_clicks": """
        uuid session_key device_key page_path element_tag element_text first_clicked_at
        last_clicked_at clicks seconds is_rage_click
    """,
    "menu_confusion": "uuid sign session_key device_key happened_at page_path detail",
    "companies": f"""
        company_key company company_signal asn sessions devices users page_views {_SEEN}
    """,
    "daily": "day country platform events sessions devices new_devices",
}

COLUMNS: dict[str, tuple[str, ...]] = {
    table: ("project", *columns.split()) for table, columns in _TABLES.items()
}
