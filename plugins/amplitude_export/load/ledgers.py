"""Writes the two ledgers of a load: a row for each hour of its day, and one for each file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from amplitude_export.load.stored import StoredDay, hours_of
from amplitude_export.manifest import DayManifest
from amplitude_export.warehouse.files import file_row, insert_files
from amplitude_export.warehouse.session import Session


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
