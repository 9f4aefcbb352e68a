"""Fills AMPLITUDE_FILES for days that 0.6 and earlier loaded, from what is stored of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from amplitude_export.manifest import DayManifest, LandedFile
from amplitude_export.settings import SETUP
from amplitude_export.warehouse.files import file_row, insert_files
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.warehouse.transaction import locked_transaction
from amplitude_export.workspace import object_key, quarantine_key

log = logging.getLogger(__name__)

Row = Mapping[str, Any]

# The name of a landed file, or of one of quarantined lines.
_NAME = re.compile(r"[^_]+_\d{4}-\d\d-\d\d_([01]\d|2[0-3])_(\d+)\.[a-z.]+", re.ASCII)


def fill_files(connect: Connect) -> list[str]:
    """Fill in the days that are missing, and return a line for each.

    Each day has a transaction of its own, with the lock: a second call continues after one that was
    cut short, and changes nothing after one that was not. Raises WarehouseRefused and
    WarehouseUnavailable.
    """
    with Session.opened(connect) as session:
        missing = session.run("setup/files/select_days", project=None, day=None)
    filled = []
    for row in missing:
        project, day = str(row["PROJECT"]), row["EXPORT_DAY"]
        about = {"run_id": SETUP, "project": project, "day": f"{day:%Y-%m-%d}"}
        with locked_transaction(connect, about) as session:
            if not session.run("setup/files/select_days"):
                # A load has replaced the day, and has written the rows itself.
                continue
            if rows := [*_rows(session, day)]:
                session.run("load/delete_files_day")
                insert_files(session, rows)
                filled.append(f"+ {len(rows)} files of {day} of {project} in AMPLITUDE_FILES")
            else:
                log.warning(
                    "AMPLITUDE_FILES stays without %s of %s: see `make verify`.", day, project
                )
    log.info("Filled in: %s", "\n".join(["", *filled]) if filled else "nothing.")
    return filled


def _rows(session: Session, day: date) -> Iterator[dict[str, Any]]:
    """Yield the rows of the day's files; none if table and ledger disagree on an hour."""
    ledger = session.run("load/select_ledger_hours")
    listed = session.listed(object_key(day, ""))
    counted = {
        file: row
        for row in session.run("setup/files/count_files")
        if (file := _file(session.stage.key_of(str(row["SOURCE_FILE"])), listed, row["EVENTS"]))
    }
    hours = DayManifest(day, [*counted]).hours
    if [(hour.files, hour.events) for hour in hours] != [
        (row["FILES"], row["EVENTS"]) for row in ledger
    ]:
        return
    for file, row in counted.items():
        # Other bytes than were loaded: another run has replaced an object, or it has expired.
        is_known = hours[file.hour].bytes == ledger[file.hour]["BYTES"]
        known = file if is_known else msgspec.structs.replace(file, bytes=0)
        yield {**file_row(day, "loaded", known, row["LOADED_AT"]), "run_id": row["RUN_ID"]}
    ids = {file.project_id for file in counted} | {row["PROJECT_ID"] for row in ledger} - {None}
    yield from _quarantined(session, day, ledger, ids)


def _quarantined(
    session: Session, day: date, ledger: Sequence[Row], ids: set[str]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the files of bad lines.

    The ledger has the number of an hour's lines alone: the first of its files gets all of them. A
    file that is no longer in the bucket gets the name of the hour's first part.
    """
    hours = {hour: row for hour, row in enumerate(ledger) if row["QUARANTINED"]}
    listed = session.listed(quarantine_key(day, "")) if hours else {}
    found = [file for key in sorted(listed) if (file := _file(key, listed))]
    for hour, row in hours.items():
        name = f"{min(ids, default='unknown')}_{day}_{hour:02}_0.txt"
        gone = LandedFile(hour, 0, name, quarantine_key(day, name), 0, 0, "")
        own = [
            file
            for file in found
            if file.hour == hour and file.project_id in (ids or {file.project_id})
        ]
        for number, file in enumerate(own or [gone]):
            of_all = msgspec.structs.replace(file, events=0 if number else row["QUARANTINED"])
            yield {
                **file_row(day, "quarantined", of_all, row["LOADED_AT"]),
                "run_id": row["RUN_ID"],
            }


def _file(key: str, listed: Mapping[str, int], events: int = 0) -> LandedFile | None:
    """Return the file of the key, None for a name that no landed file has."""
    name = key.rpartition("/")[2]
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return LandedFile(int(match[1]), int(match[2]), name, key, events, listed.get(key, 0), "")
