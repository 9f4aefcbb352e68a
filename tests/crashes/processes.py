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

# Seconds. No task of these small days takes a tenth of this, so that a longer wait is an error: a
# killed worker's session would be blocking another worker.
PATIENCE = 30

WARM = "tests.crashes.warm"

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([WARM])


class TookTooLong(Exception):
    """The process was still running after PATIENCE seconds, and was killed."""


@dataclass(frozen=True)
class Outcome:
    """The end of a process. `code` is 0, 1 if the task raised an error, or -9 if it was killed.

    `error` and `message` are the class and the text of the error; `actions` is what a process
    that was not killed has done (see kills.py).
    """

    code: int
    error: str = ""
    message: str = ""
    actions: list[str] = field(default_factory=list)


def start_server() -> None:
    """Start the server unless it runs, without waiting for its imports, which take seconds."""
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path))):
        # Python 3.11 does not pass sys.path to the server.
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
    with started(day, *tasks, kill=kill, prepare=prepare) as (process, receiver):
        return outcome(process, receiver)


@contextmanager
def started(
    day: Day,
    *tasks: str,
    kill: Kill | None = None,
    prepare: Callable[[], None] | None = None,
) -> Iterator[tuple[BaseProcess, Connection]]:
    """Yield the process of `run` while it is running; it is gone when the block ends."""
    receiver, sender = _FORKS.Pipe(duplex=False)
    work = (sender, dict(os.environ), day, tasks or TASKS, kill, prepare)
    process = _FORKS.Process(target=_work, args=work)
    start_server()
    process.start()
    sender.close()
    try:
        yield process, receiver
    finally:
        process.kill()
        process.join()
        receiver.close()


def outcome(process: BaseProcess, receiver: Connection) -> Outcome:
    """Wait for the process and return how it ended. Raises TookTooLong."""
    report = ("", "", [])
    try:
        if not receiver.poll(PATIENCE):
            raise TookTooLong(f"more than {PATIENCE} s")
        report = receiver.recv()
    except EOFError:
        pass  # It was killed and has sent no report.
    process.join()
    return Outcome(process.exitcode or 0, *report)


def _work(
    sender: Connection,
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
    actions = arm(kill, [day.volume, day.xcoms])
    try:
        with no_pauses():
            for task in tasks:
                day.do(task)
    except Exception as error:
        sender.send((type(error).__name__, str(error), actions.done))
        sys.exit(1)
    sender.send(("", "", actions.done))
