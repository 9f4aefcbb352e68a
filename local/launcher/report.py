"""The table of a day: the count of each station, hour by hour, and whether all agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from local.launcher.history import Span

HOURS = range(24)
STATIONS = ("exported", "unpacked", "uploaded", "loaded")
BY_PROJECT = (
    "select project, export_day, count(*) as events from amplitude_raw group by 1, 2 order by 1, 2"
)
HEADINGS = ("hour", "files", *STATIONS, "bytes")


@dataclass(frozen=True)
class DayCounts:
    """Events by hour (0 to 23, UTC) at each station; files and bytes are the uploaded ones.

    `exported` is None when no archive is stored that could be counted again. `ledger` has an entry
    for every hour that has a row in AMPLITUDE_LOADS, also for an empty hour.
    """

    exported: Counter[int] | None
    unpacked: Counter[int]
    uploaded: Counter[int]
    loaded: Counter[int]
    ledger: dict[int, int]
    files: Counter[int]
    bytes: Counter[int]

    def at(self, hour: int) -> list[int]:
        """Return the hour's events at each station that could be counted."""
        stations = (self.exported, self.unpacked, self.uploaded, self.loaded)
        return [station[hour] for station in stations if station is not None]

    def disagreements(self) -> list[str]:
        """Return a line for every hour in which stations or ledger differ."""
        return [line for hour in HOURS if (line := self._disagreement(hour))]

    def _disagreement(self, hour: int) -> str | None:
        if hour not in self.ledger:
            return f"{hour:02}: the ledger has no row"
        if len({*self.at(hour), self.ledger[hour]}) == 1:
            return None
        names = STATIONS if self.exported is not None else STATIONS[1:]
        counts = [*zip(names, self.at(hour), strict=True), ("ledger", self.ledger[hour])]
        return f"{hour:02}: " + ", ".join(f"{name} {count:,}" for name, count in counts)


def day_table(counts: DayCounts) -> str:
    """Return the 24 hours and their total, as text."""
    rows = [_hour_row(counts, hour) for hour in HOURS]
    stations = (counts.exported, counts.unpacked, counts.uploaded, counts.loaded)
    totals = [_number(None if station is None else station.total()) for station in stations]
    total = ["total", _number(counts.files.total()), *totals, _number(counts.bytes.total())]
    return table(HEADINGS, [*rows, [""] * len(HEADINGS), total])


def _hour_row(counts: DayCounts, hour: int) -> list[str]:
    events = [_number(count) for count in counts.at(hour)]
    if counts.exported is None:
        events = [_number(None), *events]
    files = _number(counts.files[hour]) if counts.files[hour] else "empty"
    return [f"{hour:02}", files, *events, _number(counts.bytes[hour])]


def _number(value: int | None) -> str:
    return "not stored" if value is None else f"{value:,}"


def timings(seconds: dict[str, float], total: float) -> str:
    """Return the seconds of each task in the given order, and the total."""
    parts = [f"{name} {value:.1f} s" for name, value in seconds.items()]
    return " · ".join([*parts, f"in all {total:.0f} s"])


def completeness(url: str, spans: Sequence[Span]) -> str:
    """Return what is loaded of each project and where to see it; a gap is missing on purpose."""
    days = [[s.project.name, f"{s.first} to {s.last}", s.dag_id] for s in spans]
    gaps = [
        f"{span.gap} of {span.project.name} is missing on purpose: load it from that page."
        for span in spans
        if span.gap
    ]
    day = [f"make verify PROJECT={s.project.name} DAY={s.last}" for s in spans[-1:]]
    lines = [
        table(["project", "loaded days (UTC)", "DAG"], days),
        f"\nWhich hours of which days are loaded: {url}/plugin/amplitude",
        *gaps,
        "Compare a day with its export, and count the events:",
        *day,
        f'make sql Q="{BY_PROJECT}"',
    ]
    return "\n".join(lines)


def rows_command(project: str, day: date) -> str:
    """Return the command that shows the rows of the project's day."""
    # The command is only printed, and neither a name nor a date can hold SQL.
    query = (
        "select json_data:event_type::string as event_type, count(*) as events "  # noqa: S608
        f"from amplitude_raw where project = '{project}' and export_day = '{day}' "
        "group by 1 order by 2 desc"
    )
    return f'make sql Q="{query}"'


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return aligned columns: text to the left, numbers to the right, no spaces at line ends."""
    widths = [max(len(str(row[i])) for row in [headings, *rows]) for i in range(len(headings))]
    numeric = [_is_numeric([row[i] for row in rows]) for i in range(len(headings))]
    lines = [headings, ["─" * width for width in widths], *rows]
    return "\n".join(_line(line, widths, numeric) for line in lines)


def _is_numeric(column: Sequence[str]) -> bool:
    marks = {"", "empty", "not stored"}
    return all(cell in marks or cell.replace(",", "").lstrip("-").isdigit() for cell in column)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    aligned = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    ]
    return "  ".join(aligned).rstrip()
