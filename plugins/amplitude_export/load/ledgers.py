"""Writes the two ledgers of a load: a row for each hour of its day, and one for each file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from amplitude_export.load.stored import StoredDay, hours_of
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.warehouse.session import Session

# A statement has at most 1 MB, and a row of the longest names less than 1 KB.
FILES_AN_INSERT = 1000


def write_ledgers(
    session: Session, manifest: DayManifest, query_ids: Mapping[str, str], stored: StoredDay
) -> None:
    """Replace the day's 24 rows of AMPLITUDE_LOADS, and write those of AMPLITUDE_FILES.

    The day has to be deleted from AMPLITUDE_FILES. `query_ids` has the query that copied each file,
    and `stored` what the load replaces. Raises as `Session.run` does.
    """
    session.run("load/delete_ledger_day")
    session.run_each("load/insert_ledger_hours", [*_hours(manifest, query_ids, stored)])
    insert_files(session, _files(manifest, stored.clock))


def insert_files(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows, as `load/insert_files` binds them, in as few statements as possible."""
    waiting = [*rows]
    for first in range(0, len(waiting), FILES_AN_INSERT):
        session.run_each("load/insert_files", waiting[first : first + FILES_AN_INSERT])


def _hours(
    manifest: DayManifest, query_ids: Mapping[str, str], stored: StoredDay
) -> Iterator[dict[str, Any]]:
    by_hour = {file.hour: query_ids[file.file] for file in manifest.files}
    project_id = next(iter(manifest.project_ids), None)
    for begin, hour in zip(hours_of(manifest.day), manifest.hours, strict=True):
        replaced = stored.hours.get(begin)
        exported_at = manifest.exported_at.get(hour.hour)
        # A clock that is fast must not make every later export look older.
        at = min(exported_at, stored.clock).astimezone(UTC) if exported_at else None
        yield {
            "hour": f"{begin:%F %T}",
            "state": hour.state,
            "files": hour.files,
            "events": hour.events,
            "bytes": hour.bytes,
            "quarantined": hour.quarantined,
            "query_id": by_hour.get(hour.hour),
            "exported_at": at and f"{at:%F %T.%f}",
            "replaced_events": replaced and replaced.events,
            "replaced_run_id": replaced and replaced.run_id,
            "project_id": None if hour.state == "empty" else project_id,
        }


def _files(manifest: DayManifest, loaded_at: datetime) -> Iterator[dict[str, Any]]:
    for kind, files in (("loaded", manifest.files), ("quarantined", manifest.quarantined_files)):
        for file in files:
            yield file_row(manifest.day, kind, file, loaded_at)


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
        "bytes": file.bytes,
        "crc32": file.crc32 or None,
        "json_bytes": file.json_bytes,
        "json_crc32": file.json_crc32,
        "landing_format": file.landing_format,
    }
