"""Streams an answer's body to a file, within bounds of room, time and speed."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from amplitude_export.archive import check_archive
from amplitude_export.errors import AmplitudeUnavailable, ArchiveDamaged, ArchiveRefused
from amplitude_export.volume import atomic_write, require_space

log = logging.getLogger(__name__)

# The whole body of one answer. 4 GB, the largest archive, need 1.2 MB/s.
DEADLINE = timedelta(hours=1)
# Slower than this over a minute is a drip that only keeps the connection open.
MIN_BYTES_PER_MINUTE = 1_000_000
# Pieces of 1 MB are six times as fast as 8 kB; larger ones are slower again.
_PIECE_BYTES = 1 << 20
_LOG_EVERY_SECONDS = 10.0


class Body(Protocol):
    """An answer's raw body; `read1` returns what has arrived, at most `amt` bytes, b"" at the end.

    `read` would wait for all of `amt`, and a drip could hold it beyond any deadline.
    """

    def read1(self, amt: int | None = None) -> bytes:
        """What has arrived."""
        ...


class _Pace:
    """Raises when a body takes too long or comes too slowly, and logs how it goes."""

    def __init__(self, clock: Callable[[], float], name: str) -> None:
        self._name = name
        self._clock = clock
        self._started = self._logged = self._minute = clock()
        self._minute_bytes = 0

    def seconds(self) -> float:
        return self._clock() - self._started

    def check(self, received: int) -> None:
        now = self._clock()
        if now - self._started > DEADLINE.total_seconds():
            raise AmplitudeUnavailable(f"{self._name} took longer than {DEADLINE}; given up.")
        if now - self._minute >= 60:
            came = received - self._minute_bytes
            if came < MIN_BYTES_PER_MINUTE:
                raise AmplitudeUnavailable(
                    f"Only {came:,} bytes came in a minute of {self._name}; given up."
                )
            self._minute, self._minute_bytes = now, received
        if now - self._logged >= _LOG_EVERY_SECONDS:
            self._logged = now
            log.info("Received %s", self.describe(received))

    def describe(self, received: int) -> str:
        return f"{received / 1e6:,.1f} MB ({received / 1e6 / max(self.seconds(), 1e-3):,.1f} MB/s)"


def receive(
    body: Body,
    path: Path,
    announced: int | None,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Writes the body to `path`, checks the archive, and only then gives it its name.

    `announced` is the Content-Length where there is one. Returns the number of bytes. Raises
    VolumeFull, AmplitudeUnavailable when it is cut short or too slow, and what `check_archive`
    raises; an archive that cannot be used stays beside `path` as `<name>.damaged`.
    """
    require_space(path.parent, announced or 0)
    pace = _Pace(clock, path.name)
    received = 0
    with atomic_write(path) as file:
        while piece := body.read1(_PIECE_BYTES):
            file.write(piece)
            received += len(piece)
            pace.check(received)
        if announced is not None and received != announced:
            raise AmplitudeUnavailable(
                f"{path.name} ended after {received:,} of {announced:,} bytes."
            )
        file.flush()
        # The archive is the run's cold storage: it outlives a crash of the machine as well.
        os.fsync(file.fileno())
        _check(Path(file.name), path)
    log.info("Received %s in %.1f s: %s", pace.describe(received), pace.seconds(), path.name)
    return received


def _check(part: Path, path: Path) -> None:
    try:
        check_archive(part, path.name)
    except (ArchiveDamaged, ArchiveRefused):
        part.replace(path.with_name(f"{path.name}.damaged"))
        raise
