"""The rows of AMPLITUDE_FILES, which a load writes, and the set-up for days of earlier versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from amplitude_export.manifest import LandedFile
from amplitude_export.warehouse.session import Session

# A statement has at most 1 MB, and a row of the longest names less than 1 KB.
FILES_AN_INSERT = 1000


def insert_files(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows, as `load/insert_files` binds them, in as few statements as possible."""
    waiting = [*rows]
    for first in range(0, len(waiting), FILES_AN_INSERT):
        session.run_each("load/insert_files", waiting[first : first + FILES_AN_INSERT])


def file_row(day: date, kind: str, file: LandedFile, loaded_at: datetime) -> dict[str, Any]:
    """Return what `load/insert_files` binds for the file; `loaded_at` is UTC."""
    return {
        "kind": kind,
        "loaded_at": f"{loaded_at:%F %T.%f}",
        "project_id": file.project_id,
        "hour": f"{day:%Y-%m-%d} {file.hour:02}:00:00",
        "part": file.part,
        "key": file.key,
        "events": file.events,
        # 0: unknown, as no file that lands is empty.
        "bytes": file.bytes or None,
        "crc32": file.crc32 or None,
        "json_bytes": file.json_bytes,
        "json_crc32": file.json_crc32,
        "landing_format": file.landing_format,
    }
