"""Whether Amplitude takes the keys, and what time it is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from amplitude_export.doctor import clock
from amplitude_export.doctor.runner import CheckRunner, Skipped

Probe = Callable[[], tuple[str, datetime | None]]
"""Returns the host that took the keys and its time, or raises a PipelineError."""


class Amplitude:
    """One answer, looked at twice."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def check(self, runner: CheckRunner) -> None:
        """`amplitude.credentials` and `amplitude.clock`."""
        runner.run("amplitude.credentials", self._credentials)
        runner.run("amplitude.clock", self._clock, needs=["amplitude.credentials"])

    def _credentials(self) -> str:
        host, self._theirs = self._probe()
        self._ours = clock.now()
        return f"{host} takes the keys"

    def _clock(self) -> str:
        if self._theirs is None:
            raise Skipped("Amplitude's answer has no Date")
        return clock.compare(self._ours, self._theirs, "Amplitude's")
