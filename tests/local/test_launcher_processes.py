"""The launcher's processes become ready, report their death, and end with all their forks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.launcher.processes import Service, StartError, end, ready_url, spawn

# Prints its ready line once its child runs, which outlives it and ignores SIGTERM.
PARENT_OF_A_STUBBORN_CHILD = """
import os, signal, sys, time
told, tell = os.pipe()
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(tell, b"x")
    time.sleep(600)
os.read(told, 1)
print("starting", flush=True)
print("ready http://127.0.0.1:1", flush=True)
time.sleep(600)
"""

Start = Callable[[str], Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Service] = []

    def start(code: str) -> Service:
        command = [sys.executable, "-c", code]
        started.append(spawn("it", command, tmp_path / "it.log", os.environ, tmp_path))
        return started[-1]

    yield start
    end(started)


def test_the_ready_line_carries_the_address(start: Start) -> None:
    """Lines before it are skipped."""
    assert ready_url(start(PARENT_OF_A_STUBBORN_CHILD)) == "http://127.0.0.1:1"


def test_the_error_shows_the_last_lines_of_a_process_that_ended_early(start: Start) -> None:
    """The error holds the reason, so that no log has to be opened."""
    with pytest.raises(StartError, match="no such bucket"):
        ready_url(start("raise SystemExit('no such bucket')"))


def test_waiting_for_a_silent_process_has_a_limit(start: Start) -> None:
    """The wait ends, and the message names the process."""
    with pytest.raises(StartError, match="it was not ready after 0 s"):
        ready_url(start("import time; time.sleep(600)"), seconds=0.3)


def test_ending_a_service_ends_its_whole_session(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that ignores SIGTERM ends too, even after its parent was killed."""
    monkeypatch.setattr("local.launcher.processes.TERM_SECONDS", 0.5)
    service = start(PARENT_OF_A_STUBBORN_CHILD)
    ready_url(service)
    (child,) = psutil.Process(service.pid).children()
    psutil.Process(service.pid).kill()
    end([service])
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert not service.alive()


def test_a_later_process_with_the_same_pid_is_not_the_service() -> None:
    """A pid on record that another process has now counts as ended, and is not touched."""
    me = os.getpid()
    stale = Service("it", me, psutil.Process().create_time() - 3600, "")
    assert not stale.alive()
