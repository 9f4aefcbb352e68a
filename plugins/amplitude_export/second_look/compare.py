"""Compares a new export of a day with what is loaded of it, hour by hour.

An hour is the same if its files are: lines, bytes and CRC-32 of their JSON, in any order. If they
are not, or not known, its uuids decide: the same events can come in other files, or in another
order.
"""

from __future__ import annotations

import logging
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from amplitude_export.archive import Exported
from amplitude_export.ledger import LookedAgain, LookedHour
from amplitude_export.second_look.exported import ExportedDay, ExportedHour
from amplitude_export.second_look.loaded import LoadedHour, LoadedOnce
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.warehouse.transaction import locked_transaction
from amplitude_export.window import HOUR, midnight
from amplitude_export.workspace import Workspace

log = logging.getLogger(__name__)

Uuids = Callable[[], Iterator[str | None]]

# The uuids of one hour that are in memory at once, about 150 MB: with more, they are read again for
# each further share of them.
MAX_UUIDS = 1_000_000
# Comparisons of a day that is loaded again and again meanwhile.
_TRIES = 3


def look_again(
    connect: Connect, exported: Exported, workspace: Workspace, project: str, run_id: str
) -> LookedAgain:
    """Compare the day of the export with what is loaded; if it is the same, note that.

    The note is made under the lock, and only if the load that was compared is still the last one:
    else the day is compared again. Raises what `ExportedDay` raises, WarehouseRefused, and
    WarehouseUnavailable, also if a load of the day takes longer than the lock is waited for.
    """
    archives = ExportedDay(exported, workspace)
    hours = archives.hours()
    day = exported.window.day
    for _ in range(_TRIES):
        if found := _look_once(connect, exported, archives, hours, project, run_id):
            return found
        log.warning("%s was loaded again while it was compared: it is compared again.", day)
    return LookedAgain(day, run_id, project, "superseded")


def _look_once(
    connect: Connect,
    exported: Exported,
    archives: ExportedDay,
    hours: Mapping[int, ExportedHour],
    project: str,
    run_id: str,
) -> LookedAgain | None:
    """Compare the day once; return None if it was loaded again before it could be noted."""
    day = exported.window.day
    result = partial(LookedAgain, day, run_id, project)
    about = {"project": project, "day": f"{day:%Y-%m-%d}", "run_id": run_id}
    with Session.opened(connect, about) as session:
        loaded = LoadedOnce.read(session, day)
        if loaded is None:
            return result("not_loaded")
        if _is_newer(loaded, exported):
            return result("superseded", loaded.run_id)
        compared = _compare(session, day, loaded, archives, hours)
    if any(hour.differs for hour in compared):
        return result("changed", loaded.run_id, compared)
    return result("same", loaded.run_id, compared) if _note(connect, about, loaded, day) else None


def _is_newer(loaded: LoadedOnce, exported: Exported) -> bool:
    """Return True if an hour of what is loaded was exported after this export."""
    pairs = zip(exported.exported_at, loaded.hours, strict=False)
    return any(hour.exported_at and hour.exported_at > mine for mine, hour in pairs)


def _compare(
    session: Session,
    day: date,
    loaded: LoadedOnce,
    archives: ExportedDay,
    hours: Mapping[int, ExportedHour],
) -> list[LookedHour]:
    return [
        compare_hour(
            number,
            before,
            hours.get(number, ExportedHour()),
            partial(archives.uuids, number),
            partial(loaded.uuids, session, day, number),
        )
        for number, before in enumerate(loaded.hours)
    ]


def compare_hour(
    number: int, before: LoadedHour, now: ExportedHour, exported: Uuids, stored: Uuids
) -> LookedHour:
    """Compare one hour; the functions return the uuids of its lines, and are called if needed."""
    if before.files == now.files or not (before.lines or now.lines):
        return LookedHour(number, before.lines, now.lines)
    surplus, missing = differences(exported, stored, max(before.lines, now.lines))
    # Quarantined lines are in the archive, and not in the table.
    balance = surplus - before.quarantined
    new, gone = max(balance, 0), missing + max(-balance, 0)
    return LookedHour(number, before.lines, now.lines, new, gone)


def differences(exported: Uuids, stored: Uuids, lines: int) -> tuple[int, int]:
    """Return how many uuids only the first has, and how many only the second, with repeats.

    `lines` is the number of uuids of the one that has more.
    """
    surplus = missing = 0
    shares = 1 + lines // MAX_UUIDS
    for share in range(shares):
        balance: Counter[str | None] = Counter()
        for uuid in _share(exported(), share, shares):
            balance[uuid] += 1
        for uuid in _share(stored(), share, shares):
            balance[uuid] -= 1
        surplus += sum(number for number in balance.values() if number > 0)
        missing -= sum(number for number in balance.values() if number < 0)
    return surplus, missing


def _share(uuids: Iterator[str | None], share: int, shares: int) -> Iterator[str | None]:
    if shares == 1:
        return uuids
    return (
        uuid
        for uuid in uuids
        if zlib.crc32((uuid or "").encode(errors="replace")) % shares == share
    )


def _note(connect: Connect, about: Mapping[str, Any], loaded: LoadedOnce, day: date) -> bool:
    """Set VERIFIED_AT, unless the day was loaded again since; return whether it is set."""
    with locked_transaction(connect, about) as session:
        now = LoadedOnce.read(session, day)
        if now is None or (now.run_id, now.written) != (loaded.run_id, loaded.written):
            return False
        session.run("second_look/set_verified", compared_run_id=loaded.run_id)
        return True


def lines_of(looked: LookedAgain) -> tuple[dict[datetime, int], dict[datetime, int]]:
    """Return the lines of each hour before and now, by its beginning (UTC)."""
    begin = midnight(looked.day)
    before = {begin + hour.hour * HOUR: hour.before for hour in looked.hours}
    now = {begin + hour.hour * HOUR: hour.now for hour in looked.hours}
    return before, now
