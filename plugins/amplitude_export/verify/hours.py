"""Compare the hours of a day, as ledger, table, manifest and bucket have them.

Each neighbor is compared with the next one, and each hour that differs is named.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from amplitude_export.ledger import HOURS, Hour

Row = Mapping[str, Any]

# The end of `123456_2026-09-24_07_0.json`, also gzipped, or of a quarantined `.txt`.
_FILE = re.compile(r"_(\d\d)_\d+\.(?:json|json\.gz|txt)$")
# Names in one message; a query finds the others.
EXAMPLES = 3


def some(names: Iterable[str], most: int = EXAMPLES) -> str:
    """Return the first names, in order, as one text."""
    found = sorted(names)
    return ", ".join(found[:most]) + (" …" if len(found) > most else "")


def main_run(rows: Sequence[Row]) -> str | None:
    """Return the run that most rows name, or None without rows."""
    runs = Counter(row["RUN_ID"] for row in rows)
    return str(runs.most_common(1)[0][0]) if runs else None


def by_hour(ledger: Iterable[Row]) -> dict[datetime, list[Row]]:
    """Return the ledger's rows by hour; an hour should have one, and can have any number."""
    found: dict[datetime, list[Row]] = defaultdict(list)
    for row in ledger:
        found[row["EXPORT_HOUR"]].append(row)
    return found


def of_day(day: date, ledger: Iterable[Row]) -> list[list[Row]]:
    """Return the ledger's rows for each of the day's 24 hours."""
    found = by_hour(ledger)
    return [found.get(hour, []) for hour in _hours(day)]


def ledger_problems(day: date, ledger: Sequence[Row], rows: Sequence[Row]) -> Iterator[str]:
    """Compare ledger and table: 24 hours or none, of one run, each with the table's events."""
    if len(ledger) not in (0, 24):
        yield f"the ledger has {len(ledger)} rows for the day instead of 24"
    loaded_by = {row["RUN_ID"] for row in ledger}
    if len(loaded_by) > 1:
        yield f"the ledger's rows are of several runs: {', '.join(sorted(loaded_by))}"
    unknown = {row["RUN_ID"] for row in rows} - loaded_by
    if unknown:
        yield f"the table has rows of runs that the ledger does not name: {some(unknown)}"
    if ledger:
        yield from _row_problems(day, ledger)
    stored: Counter[datetime] = Counter()
    for row in rows:
        stored[row["EXPORT_HOUR"]] += row["EVENTS"]
    recorded = by_hour(ledger)
    for hour in sorted(stored.keys() | recorded.keys()):
        if hour.date() == day:
            yield from _event_problems(hour, recorded.get(hour, []), stored[hour])
        elif stored[hour]:
            yield f"{hour:%Y-%m-%d %H:00}: the table has {stored[hour]:,} events under {day}"


def _row_problems(day: date, ledger: Sequence[Row]) -> Iterator[str]:
    """Name the hours with no row, with several, or with a state that their numbers contradict."""
    for hour, rows in enumerate(of_day(day, ledger)):
        if not rows:
            yield f"{hour:02}:00: the ledger has no row"
        elif len(rows) > 1:
            events = " and ".join(f"{row['EVENTS']:,}" for row in rows)
            yield f"{hour:02}:00: the ledger has {len(rows)} rows of {events} events instead of one"
        for state, right in {(row["STATE"], _state(row)) for row in rows}:
            if state != right:
                yield f"{hour:02}:00: the ledger has the state {state}, and numbers of {right}"
    for moment in sorted(by_hour(ledger)):
        if moment.date() != day:
            yield f"{moment:%Y-%m-%d %H:00}: the ledger has a row under {day}"
        elif moment not in _hours(day):
            yield f"{moment:%H:%M:%S}: the ledger has a row that is not of a whole hour"


def _hours(day: date) -> list[datetime]:
    return [datetime(day.year, day.month, day.day, hour) for hour in HOURS]


def _state(row: Row) -> str:
    return "incomplete" if row["QUARANTINED"] else "loaded" if row["FILES"] else "empty"


def _event_problems(hour: datetime, rows: Sequence[Row], stored: int) -> Iterator[str]:
    recorded = sorted({row["EVENTS"] for row in rows}) or [0]
    if stored not in recorded:
        numbers = " and ".join(f"{number:,}" for number in recorded)
        yield f"{hour:%H:00}: the ledger has {numbers} events, the table {stored:,}"


def file_problems(day: date, ledger: Sequence[Row], files: Sequence[Row]) -> Iterator[str]:
    """Compare the ledger's hours with the ledger of files, if that has the day."""
    numbers = {hour: Counter[str]() for hour in HOURS}
    for row in files:
        loaded = row["KIND"] == "loaded"
        more = {"files": 1, "events": row["EVENTS"]} if loaded else {"bad lines": row["EVENTS"]}
        numbers[row["EXPORT_HOUR"].hour].update(more)
    for hour, rows in enumerate(of_day(day, ledger)):
        recorded = [
            Counter(
                {"files": r["FILES"], "events": r["EVENTS"], "bad lines": r["QUARANTINED"] or 0}
            )
            for r in rows
        ]
        # Counters are equal if one lacks what the other has 0 of.
        if files and rows and numbers[hour] not in recorded:
            found = ", ".join(f"{n:,} {what}" for what, n in sorted(numbers[hour].items()))
            yield f"{hour:02}:00: AMPLITUDE_FILES has {found or 'nothing'}, and not the ledger's"


def manifest_problems(day: date, hours: Iterable[Hour], ledger: Sequence[Row]) -> Iterator[str]:
    """Compare the manifests on the volume with each number of the ledger."""
    recorded = of_day(day, ledger)
    for hour in hours:
        if differences := [*_number_differences(hour, recorded[hour.hour])]:
            yield f"{hour.hour:02}:00: the manifest has {'; '.join(differences)}"


def _number_differences(hour: Hour, rows: Sequence[Row]) -> Iterator[str]:
    for name in ("files", "events", "bytes", "quarantined"):
        mine = getattr(hour, name)
        recorded = sorted({int(row[name.upper()] or 0) for row in rows})
        if recorded and mine not in recorded:
            numbers = " and ".join(f"{number:,}" for number in recorded)
            yield f"{name}: {mine:,}, and {numbers} were recorded"


def without_ids(objects: Mapping[str, int], ids: Container[str]) -> dict[str, int]:
    """Return the objects whose names do not begin with one of these ids of projects."""
    return {
        key: size
        for key, size in objects.items()
        if key.rpartition("/")[2].partition("_")[0] not in ids
    }


class BucketHours:
    """The files and bytes that the bucket has of each hour, by the names of the objects."""

    def __init__(self, objects: Mapping[str, int]) -> None:
        self.files: Counter[int] = Counter()
        self.bytes: Counter[int] = Counter()
        self.strangers: list[str] = []
        for key, size in objects.items():
            found = _FILE.search(key)
            if found is None or int(found[1]) not in HOURS:
                self.strangers.append(key)
                continue
            self.files[int(found[1])] += 1
            self.bytes[int(found[1])] += size

    def differences(self, day: date, ledger: Sequence[Row]) -> dict[int, str]:
        """Return the hours of which no row of the ledger has these files and bytes."""
        return {
            hour: f"{self.files[hour]:,} files of {self.bytes[hour]:,} bytes, and "
            + " and ".join(f"{row['FILES']:,} of {row['BYTES']:,}" for row in rows)
            + " were recorded"
            for hour, rows in enumerate(of_day(day, ledger))
            if rows
            and (self.files[hour], self.bytes[hour])
            not in {(row["FILES"], row["BYTES"]) for row in rows}
        }
