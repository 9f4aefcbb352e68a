"""A hundred projects that load at once: each gets its turn at the lock before its retries end."""

from __future__ import annotations

import heapq
import random
from collections import deque
from datetime import timedelta

import pytest
from amplitude_export.errors import WarehouseUnavailable
from amplitude_export.tasks.retries import RetryTransient
from amplitude_export.warehouse.errors import LOCK_RETRY_AFTER
from amplitude_export.warehouse.hook import SESSION_PARAMETERS

from local.warehouse.locks import MAX_WAITERS

LOCK_TIMEOUT = int(SESSION_PARAMETERS["LOCK_TIMEOUT"])
# The retries of the daily DAG's tasks.
RETRIES = 5


def tries(loads: int, seconds: int) -> list[int]:
    """Return the number of tries that each load took; all begin at once and hold the lock so long.

    Snowflake lets MAX_WAITERS wait, each at most LOCK_TIMEOUT; it refuses the others at once.
    """
    arrivals = [(0.0, load, 1) for load in range(loads)]
    waiting: deque[tuple[float, int, int]] = deque()
    done: dict[int, int] = {}
    free_at = 0.0

    def refuse(at: float, load: int, number: int) -> None:
        error = WarehouseUnavailable("625", retry_after=LOCK_RETRY_AFTER)
        delay = RetryTransient().evaluate(error, number, RETRIES).retry_delay or timedelta(0)
        heapq.heappush(arrivals, (at + delay.total_seconds(), load, number + 1))

    while arrivals or waiting:
        if waiting and (not arrivals or free_at <= arrivals[0][0]):
            at, load, number = waiting.popleft()
            if free_at - at > LOCK_TIMEOUT:
                refuse(at + LOCK_TIMEOUT, load, number)
                continue
            done[load], free_at = number, free_at + seconds
            continue
        at, load, number = heapq.heappop(arrivals)
        if len(waiting) >= MAX_WAITERS:
            refuse(at, load, number)
        else:
            free_at = max(free_at, at)
            waiting.append((at, load, number))
    return list(done.values())


@pytest.mark.parametrize("seconds", [1, 5, 10, 20, 30])
def test_a_hundred_loads_at_once_end_before_their_retries(
    seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a retry to spare, if each holds the lock for up to half a minute."""
    monkeypatch.setattr(random, "uniform", random.Random(seconds).uniform)
    assert max(tries(100, seconds)) <= RETRIES


def test_hundreds_of_loads_at_once_do_not_end() -> None:
    """This proves that the computation can fail."""
    assert max(tries(500, 60)) > RETRIES + 1
