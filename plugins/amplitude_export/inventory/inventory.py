"""Takes an inventory of bucket and volume: each object and file, and what it is.

The ledgers are read first, then the bucket is listed once, then the volume is walked: a day that is
loaded meanwhile looks like one that is not loaded yet, and never the other way round.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import msgspec

from amplitude_export.inventory.clean import Cleaned, Cleaner
from amplitude_export.inventory.files import UnderWay, file_items, files_on
from amplitude_export.inventory.kinds import Item, Kind, Scope, counts_of
from amplitude_export.inventory.objects import object_items
from amplitude_export.inventory.recorded import Ledgers
from amplitude_export.ledger import Counted, CountedDay
from amplitude_export.record import Moment
from amplitude_export.warehouse.session import Connect, Session
from amplitude_export.workspace import PREFIX

# The newest days of a count: the most that the page shows.
MAX_DAYS = 400


class Inventory(msgspec.Struct, frozen=True):
    """Everything that was found, and what was removed before, if that was wanted.

    `unfilled` are the days, with their projects, that only AMPLITUDE_LOADS has files of.
    """

    taken_at: Moment
    first_day: date | None
    last_day: date | None
    project: str | None
    items: list[Item]
    unfilled: list[tuple[str, date]]
    cleaned: Cleaned | None = None

    @property
    def counted(self) -> Counted:
        """The numbers by kind and day, without the names."""
        days: defaultdict[tuple[date, str], list[Item]] = defaultdict(list)
        for item in self.items:
            if item.day:
                days[item.day, item.project or ""].append(item)
        newest = sorted({day for day, _ in days})[-MAX_DAYS:]
        return Counted(
            self.taken_at,
            self.first_day,
            self.last_day,
            self.project,
            counts_of(self.items),
            [
                CountedDay(project or None, day, counts_of(items))
                for (day, project), items in sorted(days.items())
                if day >= newest[0]
            ],
        )


def take_inventory(
    connect: Connect,
    data_dir: Path,
    scope: Scope,
    under_way: UnderWay,
    archive_days: int | None = None,
) -> Inventory:
    """Read ledgers, bucket and volume. Raises WarehouseRefused and WarehouseUnavailable.

    With `archive_days`, which is amplitude_archive_days, it first removes what is safe on the
    volume; then it also raises BadSetting for a negative number.
    """
    taken_at = datetime.now(UTC).replace(microsecond=0)
    with Session.opened(connect) as session:
        ledgers = Ledgers.read(session, *scope.days)
        objects = session.listed(PREFIX)
    cleaned = None
    if archive_days is not None:
        cleaned = Cleaner(data_dir, objects, ledgers, under_way, archive_days).clean(scope)

    @cache
    def is_busy(project: str, day: date) -> bool:
        return under_way(project, day, ()) is True

    items = [
        *object_items(objects, ledgers, is_busy),
        *file_items(files_on(data_dir), objects, ledgers, under_way),
    ]
    return Inventory(
        taken_at,
        scope.first_day,
        scope.last_day,
        scope.project,
        [item for item in items if _is_about(item, scope)],
        sorted(day for day in ledgers.unfilled if scope.covers(*day)),
        cleaned,
    )


def _is_about(item: Item, scope: Scope) -> bool:
    # What cannot be read can hide files of any day.
    hides = item.kind is Kind.UNREADABLE and item.day is None
    return hides or scope.covers(item.project, item.day)
