"""A visit's events as a browser sends them and Amplitude exports them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.transform.alphabets import DAYS, Values

Event = dict[str, Any]

VIEW = "[Amplitude] Page Viewed"
CLICK = "[Amplitude] Element Clicked"
# The event's type, its microseconds after the previous event, and its properties.
Action = tuple[str, int, Values]


@dataclass(frozen=True)
class Visit:
    """A session's events, or some: another visit can have the same device and session."""

    device_id: Any
    session_id: Any
    start: datetime
    home: Values
    user_id: Any
    # The number of events before the user is known, and before the rest waits for another day.
    anonymous: int
    first_upload: int
    day: date
    next_day: date
    actions: list[list[Action]]
    # The place and device settings of the uploaded end, if any; with a wrong clock if `ends_first`.
    ends_at: Values | None
    ends_first: bool

    def events(self, first: int) -> Iterator[tuple[date, Event]]:
        """Yield each event with its export day; `first` is the number of the first one."""
        now = self.start
        actions = [action for some in self.actions for action in some]
        for number, (event_type, gap, properties) in enumerate(actions):
            now += timedelta(microseconds=gap)
            day = self.day if number < self.first_upload else self.next_day
            event = self._event(first + number, event_type, now, day) | self.home
            event["user_id"] = self.user_id if number >= self.anonymous else None
            yield day, event | {"event_properties": _named(properties)}
        if self.ends_at is not None:
            ended = self.start - timedelta(seconds=1) if self.ends_first else now
            end = self._event(first + len(actions), "session_end", ended, DAYS[-1]) | self.ends_at
            yield DAYS[-1], end | {"user_id": self.user_id}

    def _event(self, number: int, event_type: str, now: datetime, day: date) -> Event:
        moment = f"{now:%Y-%m-%d %H:%M:%S.%f}" if now.microsecond else str(now)
        # One request carries three events; the uuids sort in another order than the events.
        uploaded = f"{day} 02:30:00.{number // 3:06}"
        return {
            "uuid": f"{number * 7919 % 100_000:05}",
            "$insert_id": f"i{number}",
            "device_id": self.device_id,
            "session_id": self.session_id,
            "event_id": number,
            "event_type": event_type,
            "event_time": moment,
            "client_event_time": moment,
            "client_upload_time": uploaded,
            "server_upload_time": uploaded,
            "amplitude_id": 41_000_000_001,
            "app": 123456,
            "user_properties": {"initial_utm_campaign": "EMPTY"},
        }


def _named(properties: Values) -> Values:
    """Return the properties by Amplitude's names."""
    return {
        f"[Amplitude] {name}" if name[0].isupper() else name: value
        for name, value in properties.items()
    }
