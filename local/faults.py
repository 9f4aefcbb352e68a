"""Faults that wait for the requests they apply to: what the stand-ins' tables have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from threading import Lock
from typing import Any, Generic, TypeVar


@dataclass(frozen=True, kw_only=True)
class BaseFault:
    """A kind of misbehaviour. Each stand-in adds which requests it is for, and how it goes."""

    # For so many of the requests that match (None: for all from now on) …
    times: int | None = 1
    # … and, of those, for this share, drawn with this seed.
    rate: float = 1.0
    seed: int = 0

    def matches(self, request: Any) -> bool:
        """Whether the fault is for this request; says nothing of times and rate."""
        raise NotImplementedError


F = TypeVar("F", bound=BaseFault)


class _Waiting(Generic[F]):
    """A fault in the queue, what is left of it, and its draws."""

    def __init__(self, fault: F) -> None:
        self.fault = fault
        self.left = fault.times
        self.rng = Random(fault.seed)

    def strikes(self, request: Any) -> bool:
        if self.left == 0 or not self.fault.matches(request):
            return False
        return self.fault.rate >= 1 or self.rng.random() < self.fault.rate


class FaultQueue(Generic[F]):
    """First in, first out among the faults that match a request; safe between threads."""

    def __init__(self, table: Mapping[str, F]) -> None:
        self._table = table
        self._waiting: list[_Waiting[F]] = []
        self._lock = Lock()

    def add(self, name: str, **changes: object) -> None:
        """Queue the table's fault with fields changed. Raises KeyError, TypeError or ValueError."""
        fault = replace(self._table[name], **changes)  # type: ignore[arg-type]
        with self._lock:
            self._waiting.append(_Waiting(fault))

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def draw(self, request: Any) -> F | None:
        """The fault for a request, used up by one; None: behave."""
        with self._lock:
            struck = next((one for one in self._waiting if one.strikes(request)), None)
            if struck is None:
                return None
            if struck.left is not None:
                struck.left -= 1
            return struck.fault
