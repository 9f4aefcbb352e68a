"""The sample archive's peculiarities, and the expected tables, written by hand.

The end of visitor A's visit in March is uploaded with the next visit, in September. B sees one page
and C follows a link to the page it is on. D clicks four times in 660 ms; two of the clicks are sent
again, one of them with another uuid. D's page view was uploaded twelve minutes later, and a
server's event about D is in no session. IP_NETWORKS is empty.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.transform.differences import plain

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "local" / "samples" / "export_20260924T00_20260924T23.zip"
DAY = date(2026, 9, 24)

# Short names in the answers for devices, a user and events.
NAMES = {
    "jo.bloggs@": "jo@",
    "a925e7a1-f077-469f-91c5-aaf003e8b84b": "A",
    "b393586c-a18d-4c05-8be3-7df3e9e4c8e8": "B",
    "c9375d6d-9193-4ccc-8f07-d990252c3c6f": "C",
    "d8e73491-0ea0-4dac-90a4-5d3eba5ac473": "D",
    "063c9f73-235e-49da-b16c-eb7220a3af50": "D's first click",
    "9c90af06-a1c3-4407-8e13-9a9a60bf4967": "D's second click",
    "9b07c200-4a8b-46db-af5d-ec6818914a33": "D's first click again",
    "975bb85d-c91c-4c0e-b900-f62a7cc3dd6c": "C's link",
}

# By table: the columns, and below them the rows, sorted. `-` is null.
ANSWERS = {
    "stg_repeats": """
        device_key | uuid                  | reason
        D          | D's first click again | insert_id
        D          | D's second click      | uuid
        """,
    "sessions": """
        session_key     | started_at              | seconds | country        | user_id
        A/1772438244550 | 2026-03-02 07:57:24.555 | 0       | -              | -
        A/1790217023428 | 2026-09-24 02:30:23.428 | 4.487   | Indonesia      | -
        B/1790215570313 | 2026-09-24 02:06:10.313 | 0.01    | United States  | -
        C/1790216927272 | 2026-09-24 02:28:47.272 | 33.091  | United Kingdom | -
        D/1790258885190 | 2026-09-24 14:08:05.100 | 55.9    | United Kingdom | jo@example.co.uk
        """,
    "fct_sessions": """
        session_key     | events | page_views | clicks | forms | has_start | has_end | company
        A/1772438244550 | 1      | 0          | 0      | 0     | False     | True    | -
        A/1790217023428 | 3      | 1          | 1      | 0     | True      | False   | -
        B/1790215570313 | 2      | 1          | 0      | 0     | True      | False   | -
        C/1790216927272 | 4      | 1          | 2      | 0     | True      | False   | -
        D/1790258885190 | 6      | 1          | 4      | 1     | False     | False   | example.co.uk
        """,
    "devices": """
        device_key | first_user_id    | sessions | events | first_seen_at           | city
        A          | -                | 2        | 4      | 2026-03-02 07:57:24.555 | Depok
        B          | -                | 1        | 2      | 2026-09-24 02:06:10.313 | Ashburn
        C          | -                | 1        | 4      | 2026-09-24 02:28:47.272 | London
        D          | jo@example.co.uk | 1        | 7      | 2026-09-24 14:08:05.100 | -
        """,
    "dim_users": """
        user_key         | is_anonymous | email_domain  | devices | sessions | events
        device:A         | True         | -             | 1       | 2        | 4
        device:B         | True         | -             | 1       | 1        | 2
        device:C         | True         | -             | 1       | 1        | 4
        jo@example.co.uk | False        | example.co.uk | 1       | 1        | 7
        """,
    "journeys": """
        session_key     | started_at              | steps | path
        A/1790217023428 | 2026-09-24 02:30:23.432 | 1     | /community/blog/virtual-connections/
        B/1790215570313 | 2026-09-24 02:06:10.323 | 1     | /community/blog/tsm-command-line/
        C/1790216927272 | 2026-09-24 02:28:47.278 | 1     | /dataschool/
        D/1790258885190 | 2026-09-24 14:08:05.200 | 1     | /
        """,
    "repeated_clicks": """
        uuid            | page_path     | element_text   | clicks | seconds | is_rage_click
        D's first click | /how-we-help/ | Open main menu | 4      | 0.66    | True
        """,
    "menu_confusion": """
        uuid     | sign              | happened_at             | page_path    | detail
        C's link | link_to_same_page | 2026-09-24 02:29:20.363 | /dataschool/ | The Data School
        """,
    "companies": """
        company_key   | company_signal | sessions | devices | users | page_views
        example.co.uk | email          | 1        | 1       | 1     | 1
        """,
    "daily": """
        day        | country        | platform | events | sessions | devices | new_devices
        2026-03-02 | unknown        | unknown  | 1      | 1        | 1       | 1
        2026-09-24 | Indonesia      | Web      | 3      | 1        | 1       | 0
        2026-09-24 | United Kingdom | Web      | 10     | 2        | 2       | 2
        2026-09-24 | United States  | Web      | 2      | 1        | 1       | 1
        2026-09-24 | unknown        | unknown  | 1      | 0        | 1       | 0
        """,
}


def lines() -> list[tuple[str, int, dict[str, Any]]]:
    """Return the archive's events, each with its key and line in the bucket."""
    with zipfile.ZipFile(SAMPLE) as archive:
        return [
            (_key(name), number, json.loads(line))
            for name in archive.namelist()
            for number, line in enumerate(gzip.decompress(archive.read(name)).splitlines(), 1)
        ]


def _key(member: str) -> str:
    """Return the object's key for a member such as `…/123_2026-09-24_2#0.json.gz`."""
    project, day, hour, part = re.findall(r"(\d+)_(.{10})_(\d+)#(\d+)", member)[0]
    return f"python-import/{day}/{project}_{day}_{hour:0>2}_{part}.json"


def answer(table: str) -> list[list[str]]:
    """Return the columns' names, then the rows."""
    written = ANSWERS[table].strip().splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in written]


def shown(columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> list[list[str]]:
    """Return a table's rows in the form of the answers."""
    columns = list(columns)
    return [columns, *sorted([_cell(row[column]) for column in columns] for row in rows)]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds")
    value = plain(value)
    shown = f"{value:f}" if isinstance(value, Decimal) else str(value)
    for id_, name in NAMES.items():
        shown = shown.replace(id_, name)
    return shown
