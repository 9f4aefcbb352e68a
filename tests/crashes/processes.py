"""Run tasks of a Day in a process of its own, which a Kill or the test can end.

The processes are forks of a server that has imported everything slow, and has one thread: such a
child starts within milliseconds, and is as clean as a worker's task process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from unittest.mock import patch

from tests.crashes.kills import Kill, arm
from tests.days import TASKS, Day, no_pauses

# Seconds. No task of these small days takes a tenth of it: a worker that is blocked longer by a
# killed one's session is an error.
PATIENCE = 30

WARM = "tests.crashes.warm"

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([WARM])


class TookTooLong(Exception):
    """The process was still running after PATIENCE seconds, and was killed."""


@dataclass(frozen=True)
class Outcome:
    """How a process ended. `code` is 0, 1 if the task raised an error, or -9 if it was killed.

    `error` and `message` are the class and the text of the error; `acts` is what a process
    that was not killed has done (see kills.py).
    """

    code: int
    error: str = ""
    message: str = ""
    acts: list[str] = field(default_factory=list)


def start_server() -> None:
    """Start the server unless it runs, without waiting for its imports, which take seconds."""
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path))):
        # Python 3.11 does not tell it sys.path.
        forkserver.ensure_running()


def run(
    day: Day,
    *tasks: str,
    kill: Kill | None = None,
    prepare: Callable[[], None] | None = None,
) -> Outcome:
    """Run the tasks (by default all) one after the other in one process, until it ends.

    The environment is this process's current one. `prepare` is called there before the first
    task: a function of a module, to change a setting of the product. Raises TookTooLong.
    """
    with started(day, *tasks, kill=kill, prepare=prepare) as (process, answer):
        return outcome(process, answer)


@contextmanager
def started(
    day: Day,
    *tasks: str,
    kill: Kill | None = None,
    prepare: Callable[[], None] | None = None,
) -> Iterator[tuple[BaseProcess, Connection]]:
    """Yield the process of `run` while it is running; it is gone when the block ends."""
    answer, told = _FORKS.Pipe(duplex=False)
    work = (told, dict(os.environ), day, tasks or TASKS, kill, prepare)
    process = _FORKS.Process(target=_work, args=work)
    start_server()
    process.start()
    told.close()
    try:
        yield process, answer
    finally:
        process.kill()
        process.join()
        answer.close()


def outcome(process: BaseProcess, answer: Connection) -> Outcome:
    """Wait for the process and return how it ended. Raises TookTooLong."""
    told = ("", "", [])
    try:
        if not answer.poll(PATIENCE):
            raise TookTooLong(f"more than {PATIENCE} s")
        told = answer.recv()
    except EOFError:
        pass  # killed: it has told nothing
    process.join()
    return Outcome(process.exitcode or 0, *told)


def _work(
    told: Connection,
    environment: dict[str, str],
    day: Day,
    tasks: tuple[str, ...],
    kill: Kill | None,
    prepare: Callable[[], None] | None,
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    # The server ignores a module that it fails to import, and each child would import it all.
    assert WARM in sys.modules, f"{WARM} cannot be imported"
    if prepare:
        prepare()
    acts = arm(kill, [day.volume, day.xcoms])
    try:
        with no_pauses():
            for task in tasks:
                day.do(task)
    except Exception as error:
        told.send((type(error).__name__, str(error), acts.seen))
        sys.exit(1)
    told.send(("", "", acts.seen))
