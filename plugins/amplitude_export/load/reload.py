"""Loads days again from their objects in the bucket, without a request to Amplitude.

A day is what AMPLITUDE_FILES and AMPLITUDE_LOADS have of it. Without them, after a lost table or
schema, it is what its newest manifest in the bucket has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date
from typing import Any

from amplitude_export.errors import (
    AnotherProject,
    CountsDiffer,
    FewerEvents,
    FileMissing,
    OlderExport,
)
from amplitude_export.ledger import HOURS, LoadedDay
from amplitude_export.load.load import load_day
from amplitude_export.load.manifests import newest_manifest
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.projects import daily_dag_id
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.workspace import object_key

_EXPORT_AGAIN = (
    "leave the day as it is, or export it again while Amplitude has it: airflow dags trigger "
    "{dag_id} --logical-date {day}T00:01:00Z (or another time until 00:59 that no run has)."
)
# Days in one message.
_NAMED = 10

Row = Mapping[str, Any]


def require_days(connect: Connect, project: str, days: Iterable[date]) -> None:
    """Raise FileMissing with each of the project's days that cannot be loaded again, and why.

    Also raises WarehouseRefused and WarehouseUnavailable.
    """
    missing = []
    with Session.opened(connect, {"project": project}) as session:
        for day in days:
            try:
                _find(session, project, day)
            except FileMissing as error:
                missing.append(error.what)
    if missing:
        more = f" And {len(missing) - _NAMED:,} more days." if len(missing) > _NAMED else ""
        raise FileMissing(
            f"{' '.join(missing[:_NAMED])}{more} Nothing was changed.",
            "trigger a run for the other days, in several ranges if they are between them. "
            f"Amplitude may still have these: {daily_dag_id(project)} exports them again.",
        )


def reload_day(
    connect: Connect, day: date, run_id: str, project: str
) -> tuple[DayManifest, LoadedDay]:
    """Replace the project's day by its objects in the bucket, and return what it is made of.

    The transaction, its comparisons and its guards are those of `load_day`, whose errors it raises,
    and FileMissing if the day cannot be loaded again.
    """
    with Session.opened(connect, {"project": project}) as session:
        manifest = _find(session, project, day)
    try:
        loaded = load_day(connect, manifest, run_id, project=project, again=True)
    except (AnotherProject, CountsDiffer, FewerEvents, OlderExport) as error:
        advice = _EXPORT_AGAIN.format(dag_id=daily_dag_id(project), day=day)
        raise type(error)(error.what, advice) from error
    return manifest, loaded


def _find(session: Session, project: str, day: date) -> DayManifest:
    """Return the day if the bucket has its objects as they were loaded; else raise FileMissing."""
    listed = session.listed(object_key(day, ""))
    manifest = _in_ledgers(session, day) or newest_manifest(session, project, day)
    if manifest is None:
        raise FileMissing(f"{day} is not in AMPLITUDE_FILES, and no manifest in the bucket has it.")
    if gone := [file for file in manifest.files if file.key not in listed]:
        raise FileMissing(
            f"{day}: {len(gone):,} of its {len(manifest.files):,} objects are no longer in the "
            f"bucket, such as {gone[0].key}."
        )
    if other := [file for file in manifest.files if file.bytes != listed[file.key]]:
        raise FileMissing(
            f"{day}: {other[0].key} is not the object that was loaded: the bucket has "
            f"{listed[other[0].key]:,} bytes, and {other[0].bytes or 'an unknown number'} were "
            "loaded."
        )
    return manifest


def _in_ledgers(session: Session, day: date) -> DayManifest | None:
    """Return the day as the two ledgers have it, or None unless they agree on each hour."""
    about = {"day": f"{day:%Y-%m-%d}"}
    ledger = session.run("load/select_ledger_hours", **about)
    rows = session.run("load/select_files", **about)
    if sorted(row["EXPORT_HOUR"].hour for row in ledger) != HOURS:
        return None
    manifest = DayManifest(
        day,
        [_file(row) for row in rows if row["KIND"] == "loaded"],
        [_file(row) for row in rows if row["KIND"] == "quarantined"],
        {
            row["EXPORT_HOUR"].hour: row["EXPORTED_AT"].replace(tzinfo=UTC)
            for row in ledger
            if row["EXPORTED_AT"]
        },
    )
    recorded = [(row["FILES"], row["EVENTS"], row["QUARANTINED"]) for row in ledger]
    of_files = [(hour.files, hour.events, hour.quarantined) for hour in manifest.hours]
    return manifest if of_files == recorded else None


def _file(row: Row) -> LandedFile:
    """Return the file of a row; 0 bytes and no checksum if they are unknown."""
    return LandedFile(
        hour=row["EXPORT_HOUR"].hour,
        part=row["PART"],
        file=row["KEY"].rpartition("/")[2],
        key=row["KEY"],
        events=row["EVENTS"],
        bytes=row["BYTES"] or 0,
        crc32=row["CRC32"] or "",
        json_bytes=row["JSON_BYTES"],
        json_crc32=row["JSON_CRC32"],
    )
