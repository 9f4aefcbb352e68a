"""Replaces one day in the warehouse in one transaction: all of the day or nothing.

The statements are the files of include/sql/load/, in the order of `load_day`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from amplitude_export.errors import CountsDiffer
from amplitude_export.fewer_events import require_as_many
from amplitude_export.ledger import DEFAULT_PROJECT, LoadedDay
from amplitude_export.load.guards import require_newest, require_own_project
from amplitude_export.load.ledgers import write_ledgers
from amplitude_export.load.stored import StoredDay, hours_of, loaded_ids
from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.warehouse.stage import Stage
from amplitude_export.warehouse.transaction import locked_transaction
from amplitude_export.workspace import PREFIX, object_key

log = logging.getLogger(__name__)

# Snowflake's limit for the names in one COPY's FILES.
FILES_A_COPY = 1000
_UPLOAD_AGAIN = (
    "clear stage_window.upload with everything downstream: an object in S3 is not the file that "
    "was checked. If it happens again, find out what else writes below python-import/."
)


def load_day(
    connect: Connect,
    manifest: DayManifest,
    run_id: str,
    *,
    project: str = DEFAULT_PROJECT,
    accept_fewer: bool = False,
    accept_project_id: str | None = None,
    again: bool = False,
) -> LoadedDay:
    """Replace the project's day by the manifest's files, and its rows of both ledgers with them.

    `again`: the project has loaded these files before.

    Raises AnotherProject when the files are of another project at Amplitude, or of two, and not of
    `accept_project_id`, OlderExport when a newer export is loaded, FewerEvents when the day would
    shrink and not `accept_fewer`, CountsDiffer when the copy's rows or the table's are not the
    manifest's events, WarehouseRefused and WarehouseUnavailable; then nothing of the day has
    changed. One exception: when the response to the commit is lost, the day can be loaded; a re-run
    replaces it.
    """
    about = {"project": project, "day": f"{manifest.day:%Y-%m-%d}", "run_id": run_id}
    with locked_transaction(connect, about) as session:
        known = loaded_ids(session, manifest.project_ids)
        require_own_project(manifest, project, known, accept_project_id, again=again)
        stored = StoredDay.read(session, manifest.day)
        require_newest(manifest, stored)
        by_hour = zip(hours_of(manifest.day), manifest.hours, strict=True)
        now = {begin: hour.lines for begin, hour in by_hour}
        require_as_many(manifest.day, project, stored.lines, now, accept_fewer=accept_fewer)
        session.run("load/delete_files_day")
        session.run("load/delete_day")
        query_ids = copy_files(session, manifest.files)
        compare_sizes(session, object_key(manifest.day, ""), manifest.files)
        _compare_hours(manifest, session.run("load/count_hours"))
        write_ledgers(session, manifest, query_ids, stored)
        session.run("load/delete_provisional_day")
    _log_result(manifest)
    return LoadedDay(
        day=manifest.day,
        run_id=run_id,
        files=len(manifest.files),
        events=manifest.events,
        bytes=manifest.bytes,
        quarantined=manifest.quarantined,
        query_ids=sorted(set(query_ids.values())),
        hours=manifest.hours,
        project=project,
    )


def _log_result(manifest: DayManifest) -> None:
    files = len(manifest.files)
    log.info("Loaded %s: %s events from %d files.", manifest.day, f"{manifest.events:,}", files)
    if not files and not manifest.quarantined:
        log.warning("%s is loaded as empty: Amplitude has no event of any hour.", manifest.day)
    if manifest.quarantined:
        log.warning(
            "%s is incomplete: %s lines were quarantined and not loaded.",
            manifest.day,
            f"{manifest.quarantined:,}",
        )
    if manifest.gaps:
        log.warning(
            "%s has hours without events that usually have some; several responses of Amplitude "
            "confirmed it: %s.",
            manifest.day,
            ", ".join(f"{hour:02}:00" for hour in manifest.gaps),
        )


def copy_files(
    session: Session, files: Sequence[LandedFile], statement: str = "load/copy_files"
) -> dict[str, str]:
    """Copy the files by the statement, and return the id of the query that copied each.

    Raises CountsDiffer when a copy's rows are not the file's events.
    """
    query_ids: dict[str, str] = {}
    for first in range(0, len(files), FILES_A_COPY):
        part = files[first : first + FILES_A_COPY]
        stage = session.stage
        rows = session.run(statement, files=[f.key.removeprefix(PREFIX) for f in part])
        query_ids |= dict.fromkeys((file.file for file in part), session.query_id)
        _compare_files(part, rows, stage)
    return query_ids


def _compare_files(
    files: Sequence[LandedFile], rows: Sequence[Mapping[str, Any]], stage: Stage
) -> None:
    # A copy of no file returns one row with a status alone.
    loaded = {stage.key_of(str(row["file"])): row["rows_loaded"] for row in rows if "file" in row}
    require_equal("copied", {f.key: f.events for f in files}, loaded)


def compare_sizes(session: Session, prefix: str, files: Iterable[LandedFile]) -> None:
    """Raise CountsDiffer unless the objects below the prefix have the files' sizes."""
    # Another run of the day can have replaced an object by one with as many events.
    sizes = session.listed(prefix)
    for file in files:
        if (size := sizes.get(file.key)) != file.bytes:
            found = "is not in the bucket" if size is None else f"has {size:,} bytes in the bucket"
            raise CountsDiffer(
                f"{file.file} {found}; {file.bytes:,} bytes were uploaded. The load was "
                "rolled back.",
                _UPLOAD_AGAIN,
            )


def _compare_hours(manifest: DayManifest, rows: Sequence[Mapping[str, Any]]) -> None:
    # By the whole timestamp: the same hour of another date is another hour.
    expected = {
        f"{manifest.day:%Y-%m-%d} {hour.hour:02}:00:00": hour.events
        for hour in manifest.hours
        if hour.events
    }
    stored = {f"{row['EXPORT_HOUR']}": row["EVENTS"] for row in rows}
    require_equal("stored", expected, stored)


def require_equal(verb: str, expected: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Raise CountsDiffer with the first differences by name."""
    names = sorted(expected.keys() | found.keys())
    differences = [
        f"{name}: {expected.get(name, 0):,} exported, {found.get(name, 0):,} {verb}"
        for name in names
        if expected.get(name) != found.get(name)
    ]
    if differences:
        more = f" and {len(differences) - 5} more" if len(differences) > 5 else ""
        raise CountsDiffer(
            f"{sum(expected.values()):,} events were exported, {sum(found.values()):,} {verb}. "
            f"{'; '.join(differences[:5])}{more}. The load was rolled back.",
            _UPLOAD_AGAIN,
        )
