"""The window asked for: whole UTC hours by upload time, both ends inclusive."""

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
    """`start` and `end` are the beginnings of the first and the last hour, aware, UTC."""

    start: datetime
    end: datetime

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Window:
        """The query's window. Raises Refused (400) and says what is wrong with it."""
        window = cls(_hour(query, "start"), _hour(query, "end"))
        if window.end < window.start:
            raise Refused(400, "The end must not be before the start")
        if window.end + HOUR - window.start > LONGEST:
            raise Refused(400, "The time range must not be longer than 365 days")
        return window

    @property
    def hours(self) -> int:
        """The number of hours, both ends counted."""
        return (self.end - self.start) // HOUR + 1

    def covers(self, hour: datetime) -> bool:
        """Whether the hour that begins then lies in the window."""
        return self.start <= hour <= self.end

    def complete_hours(self, now: datetime) -> Iterator[datetime]:
        """The beginnings of those hours that are complete at `now` (aware)."""
        hour = self.start
        while hour <= self.end and hour + COMPLETE_AFTER <= now:
            yield hour
            hour += HOUR


def parse_hour(text: str) -> datetime:
    """`YYYYMMDDTHH` as an aware UTC time. Raises ValueError."""
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
