"""Check that Amplitude accepts the keys, and that its clock is this machine's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from amplitude_export.doctor import clock
from amplitude_export.doctor.runner import CheckRunner, Skipped

Probe = Callable[[], tuple[str, datetime | None]]
"""Returns the host that accepted the keys and its time, or raises a PipelineError."""


class Amplitude:
    """Two checks of one response."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def check(self, runner: CheckRunner) -> None:
        """Run `amplitude.credentials` and `amplitude.clock`."""
        runner.run("amplitude.credentials", self._credentials)
        runner.run("amplitude.clock", self._clock, needs=["amplitude.credentials"])

    def _credentials(self) -> str:
        host, self._theirs = self._probe()
        self._ours = clock.now()
        return f"{host} accepts the keys"

    def _clock(self) -> str:
        if self._theirs is None:
            raise Skipped("Amplitude's response has no Date header")
        return clock.compare(self._ours, self._theirs, "Amplitude's")
