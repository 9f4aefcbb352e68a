"""Streams a response's body to a file, within limits of space, time and speed."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from amplitude_export.errors import DoNotRetry, TryAgain
from amplitude_export.http.encoding import DecodeFailed, decoded
from amplitude_export.volume import atomic_write, require_space

log = logging.getLogger(__name__)

# Pieces of 1 MB are six times as fast as 8 kB; larger ones are slower again.
_PIECE_BYTES = 1 << 20
_LOG_EVERY_SECONDS = 10.0
_PACKED = (
    "if it happens again, look for a proxy between the workers and the host that packs responses."
)


class Body(Protocol):
    """A response's raw body.

    `read` would wait for all of the bytes that it is called for, so that a server that sends one
    byte at a time could hold it beyond any deadline.
    """

    def read1(self, amt: int | None = None) -> bytes:
        """Return the bytes that have arrived, at most `amt`; b"" at the end."""
        ...


@dataclass(frozen=True)
class Limits:
    """The time that a whole body can take, the bytes that arrive in each minute, and its size.

    `max_bytes` are those of the file, unpacked; `too_large` makes the error for more from "has …".
    """

    deadline: timedelta
    min_bytes_per_minute: int
    max_bytes: int
    too_large: Callable[[str], DoNotRetry]

    def require_size(self, bytes: int) -> None:
        """Raise `too_large` for a body of so many bytes, or of more."""
        if bytes > self.max_bytes:
            raise self.too_large(f"has {bytes:,} bytes or more, and {self.max_bytes:,} at most")


class _Progress:
    """Raises when a body takes too long or arrives too slowly, and logs the speed."""

    def __init__(
        self, name: str, limits: Limits, error: type[TryAgain], clock: Callable[[], float]
    ) -> None:
        self._name = name
        self._limits = limits
        self._error = error
        self._clock = clock
        self._started = self._logged = self._minute = clock()
        self._minute_bytes = 0
        self.received = 0

    def seconds(self) -> float:
        """Return the time since the beginning."""
        return self._clock() - self._started

    def arriving(self, body: Body) -> Iterator[bytes]:
        """Yield the body's bytes as they arrive; raises when they take too long."""
        while piece := body.read1(_PIECE_BYTES):
            self.received += len(piece)
            self._check(self.received)
            yield piece

    def _check(self, received: int) -> None:
        now = self._clock()
        if now - self._started > self._limits.deadline.total_seconds():
            raise self._error(f"{self._name} took longer than {self._limits.deadline}; given up.")
        if now - self._minute >= 60:
            arrived = received - self._minute_bytes
            if arrived < self._limits.min_bytes_per_minute:
                raise self._error(
                    f"Only {arrived:,} bytes of {self._name} arrived in a minute; given up."
                )
            self._minute, self._minute_bytes = now, received
        if now - self._logged >= _LOG_EVERY_SECONDS:
            self._logged = now
            log.info("Received %s", self.describe())

    def describe(self) -> str:
        """Return the bytes so far and their speed, for the log."""
        received = self.received
        return f"{received / 1e6:,.1f} MB ({received / 1e6 / max(self.seconds(), 1e-3):,.1f} MB/s)"


def save_body(
    body: Body,
    path: Path,
    announced: int | None,
    limits: Limits,
    error: type[TryAgain],
    check: Callable[[Path], None],
    clock: Callable[[], float] = time.monotonic,
    *,
    encoding: str | None = None,
    content: bytes = b"",
) -> int:
    """Write the body to a file, `check` the file, and only then rename it to `path`.

    `announced` is the Content-Length if there is one, and `encoding` the Content-Encoding, which is
    undone (`encoding.decoded`, also for `content`). Returns the number of bytes of the file. Raises
    `error` when the body is cut short, too slow or packed and damaged, the limits' own error as
    soon as it is known to be too large, VolumeFull, VolumeRefused, and what `check` raises.
    """
    limits.require_size(announced or 0)
    require_space(path.parent, announced or 0)
    progress = _Progress(path.name, limits, error, clock)
    written = 0
    with atomic_write(path) as file:
        try:
            for piece in decoded(progress.arriving(body), encoding, content):
                written += file.write(piece)
                limits.require_size(written)
        except DecodeFailed as failed:
            raise error(f"{path.name} arrived packed, and its {failed}.", _PACKED) from failed
        # The length is that of the bytes that were sent, packed or not.
        if announced is not None and progress.received != announced:
            raise error(f"{path.name} ended after {progress.received:,} of {announced:,} bytes.")
        file.flush()
        # The run relies on the file for days: it has to survive a crash of the machine as well.
        os.fsync(file.fileno())
        check(Path(file.name))
    log.info("Received %s in %.1f s: %s", progress.describe(), progress.seconds(), path.name)
    return written
