"""The tries within a task. Airflow's retries do the rest: their waits occupy no worker."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from time import sleep
from typing import TypeVar

from amplitude_export.errors import TryAgain

log = logging.getLogger(__name__)

TRIES = 3
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(seconds=60)

Result = TypeVar("Result")


def tried(request: Callable[[], Result]) -> Result:
    """Return the result of `request`, which is repeated while its troubles can pass in seconds.

    Each kind of trouble, a class of error, has TRIES of its own. Raises the error whose tries are
    used up, one that has to wait for longer than LONGEST_WAIT, and every error that is not
    TryAgain.
    """
    troubles = Counter[type[TryAgain]]()
    while True:
        try:
            return request()
        except TryAgain as error:
            troubles[type(error)] += 1
            tries = troubles[type(error)]
            if tries == TRIES or (error.retry_after or FIRST_WAIT) > LONGEST_WAIT:
                raise
            log.warning("%s Trying again.", error.what)
            wait(tries, error.retry_after)


def wait(tries: int = 1, retry_after: timedelta | None = None) -> None:
    """Sleep for `retry_after`, by default for a random time that doubles with each try."""
    if retry_after is None:
        usual = FIRST_WAIT * (2 ** (tries - 1) + random.random())  # noqa: S311 - not a secret
        retry_after = min(usual, LONGEST_WAIT)
    sleep(retry_after.total_seconds())
