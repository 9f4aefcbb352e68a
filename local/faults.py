"""Faults in a queue, each waiting for the requests that it applies to; for all stand-ins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from threading import Lock
from typing import Any, Generic, TypeVar


@dataclass(frozen=True, kw_only=True)
class BaseFault:
    """A kind of misbehaviour; each stand-in adds the requests that it applies to and its effect."""

    # How many requests it strikes; None strikes all from now on.
    times: int | None = 1
    # The share of the matching requests that it strikes, drawn with the seed.
    rate: float = 1.0
    seed: int = 0

    def matches(self, request: Any) -> bool:
        """Return whether the fault applies to this request, whatever its times and rate."""
        raise NotImplementedError


F = TypeVar("F", bound=BaseFault)


class _Waiting(Generic[F]):
    """A queued fault, its remaining times, and its random draws."""

    def __init__(self, fault: F) -> None:
        self.fault = fault
        self.left = fault.times
        self.rng = Random(fault.seed)

    def strikes(self, request: Any) -> bool:
        if self.left == 0 or not self.fault.matches(request):
            return False
        return self.fault.rate >= 1 or self.rng.random() < self.fault.rate


class FaultQueue(Generic[F]):
    """A queue, first in, first out among the faults that match a request; thread-safe."""

    def __init__(self, table: Mapping[str, F]) -> None:
        self._table = table
        self._waiting: list[_Waiting[F]] = []
        self._lock = Lock()

    def add(self, name: str, **changes: object) -> None:
        """Queue a fault of the table, with changes; raise KeyError, TypeError or ValueError."""
        fault = replace(self._table[name], **changes)  # type: ignore[arg-type]
        with self._lock:
            self._waiting.append(_Waiting(fault))

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._waiting.clear()

    def draw(self, request: Any) -> F | None:
        """Return the fault that strikes a request, and count it; None lets the request pass."""
        with self._lock:
            struck = next((one for one in self._waiting if one.strikes(request)), None)
            if struck is None:
                return None
            if struck.left is not None:
                struck.left -= 1
            return struck.fault
