"""The requested window: whole UTC hours by upload time, both ends inclusive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.export_api.answers import Refused

HOUR = timedelta(hours=1)
# An hour H is complete three hours after it began (data of 20:00–21:00 at 23:00).
COMPLETE_AFTER = timedelta(hours=3)
LONGEST = timedelta(days=365)
_FORMAT = re.compile(r"\d{8}T\d{2}")


@dataclass(frozen=True, slots=True)
class Window:
    """A window; `start` and `end` are the beginnings of its first and last hour, aware, UTC."""

    start: datetime
    end: datetime

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> Window:
        """Return the query's window; raise Refused (400) with the reason if it has none."""
        window = cls(_hour(query, "start"), _hour(query, "end"))
        if window.end < window.start:
            raise Refused(400, "The end must not be before the start")
        if window.end + HOUR - window.start > LONGEST:
            raise Refused(400, "The time range must not be longer than 365 days")
        return window

    @property
    def hours(self) -> int:
        """Return the number of hours, both ends counted."""
        return (self.end - self.start) // HOUR + 1

    def covers(self, hour: datetime) -> bool:
        """Return whether the window covers the hour that begins then."""
        return self.start <= hour <= self.end

    def complete_hours(self, now: datetime) -> Iterator[datetime]:
        """Yield the beginnings of the hours that are complete at `now` (aware)."""
        hour = self.start
        while hour <= self.end and hour + COMPLETE_AFTER <= now:
            yield hour
            hour += HOUR


def parse_hour(text: str) -> datetime:
    """Return `YYYYMMDDTHH` as an aware UTC time; raise ValueError."""
    if not _FORMAT.fullmatch(text):
        raise ValueError(f"not YYYYMMDDTHH: {text!r}")
    return datetime.strptime(text, "%Y%m%dT%H").replace(tzinfo=UTC)


def _hour(query: Mapping[str, str], name: str) -> datetime:
    if name not in query:
        raise Refused(400, f"Missing parameter: {name}")
    try:
        return parse_hour(query[name])
    except ValueError as error:
        raise Refused(400, f"Invalid {name}: use the format YYYYMMDDTHH") from error
