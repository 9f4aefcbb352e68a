"""Gaps: hours that came without events, and the responses that it takes to believe them.

A single response is no evidence. An hour that usually has events is empty after RESPONSES of them,
over at least SPAN; the tries of the task add up in a file beside the archive.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Set
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec

from amplitude_export.errors import GapNotConfirmed
from amplitude_export.record import Moment, read_record, to_record
from amplitude_export.volume import atomic_write, remove_file
from amplitude_export.window import Window

log = logging.getLogger(__name__)

RESPONSES = 3
SPAN = timedelta(minutes=20)
# With it, the third response comes SPAN after the first. In Airflow, where it occupies no worker.
RETRY_AFTER = timedelta(minutes=10)
# For a response without any event, of hours that have no history.
RESPONSES_WITHOUT_HISTORY = 2


class _Record(msgspec.Struct):
    """For each hour ("00" to "23") without events, the times of the responses in a row (UTC)."""

    hours: dict[str, list[Moment]]

    def __post_init__(self) -> None:
        """Raise ValueError unless the keys are numbers."""
        for hour in self.hours:
            int(hour)


class Gaps:
    """The gaps of one window in the file `path`, which exists while any is open.

    `usual` returns the hours of the window that usually have events. It is called once at most, and
    only if there is a gap. Raises RecordInvalid for a file that cannot be read.
    """

    def __init__(self, path: Path, window: Window, usual: Callable[[], Set[int]]) -> None:
        self._path = path
        self._window = window
        self._usual = cache(usual)
        self._seen = _read(path)

    def add(self, asked: Window, at: datetime, hours: Set[int]) -> None:
        """Record a response of the time `at`: of the hours that were asked, `hours` came.

        Earlier ones with a later time do not count: a clock was wrong, and no span can be told.
        """
        before = dict(self._seen)
        for hour in asked.hours:
            times = self._seen.pop(hour, [])
            if hour not in hours:
                self._seen[hour] = [*(time for time in times if time <= at), at]
        if self._seen != before:
            self._write()

    def suffices(self, asked: Window) -> bool:
        """Return True if a response without any event has to be requested no more in this try."""
        if self._usual() & set(asked.hours):
            return True
        fewest = min(len(self._seen.get(hour, [])) for hour in asked.hours)
        return fewest >= RESPONSES_WITHOUT_HISTORY

    def close(self) -> list[int]:
        """Return the usual hours that are confirmed as empty, and remove the file.

        Raises GapNotConfirmed if it takes more responses; the file then stays.
        """
        gaps = sorted(self._usual() & self._seen.keys()) if self._seen else []
        if waiting := [hour for hour in gaps if not _is_confirmed(self._seen[hour])]:
            raise self._not_confirmed(waiting)
        remove_file(self._path)
        if gaps:
            log.warning(
                "%s has no events in hours that usually have some: %s. %d responses over %d "
                "minutes say so: they count as empty.",
                *(self._window.day, _named(gaps), RESPONSES, SPAN.total_seconds() // 60),
            )
        return gaps

    def _not_confirmed(self, hours: list[int]) -> GapNotConfirmed:
        counts = sorted({len(self._seen[hour]) for hour in hours})
        return GapNotConfirmed(
            f"{self._window.day} came without events in hours that had some 7, 14, 21 and 28 days "
            f"before, as far as the ledger has these days: {_named(hours)}. So far there are "
            f"{' or '.join(map(str, counts))} such responses; an hour counts as empty after "
            f"{RESPONSES}, over at least {SPAN.total_seconds() / 60:.0f} minutes of Amplitude's "
            "clock.",
            "no action needed; the retries request the hours again. If this was the last one, look "
            "at the hours in Amplitude, and clear stage_window.export: the responses add up.",
            retry_after=RETRY_AFTER,
        )

    def _write(self) -> None:
        record = _Record({f"{hour:02}": times for hour, times in sorted(self._seen.items())})
        with atomic_write(self._path) as file:
            file.write(json.dumps(to_record(record)).encode())
            file.flush()
            os.fsync(file.fileno())


def _read(path: Path) -> dict[int, list[datetime]]:
    do = "remove the file, and clear stage_window.export: its responses are counted again."
    record = read_record(_Record, path, do)
    return {int(hour): times for hour, times in record.hours.items()} if record else {}


def _is_confirmed(times: list[datetime]) -> bool:
    return len(times) >= RESPONSES and times[-1] - times[0] >= SPAN


def _named(hours: list[int]) -> str:
    return ", ".join(f"{hour:02}" for hour in hours)
