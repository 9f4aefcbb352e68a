"""Signals for all processes of a service: they are one session, including forks."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import psutil

from local.launcher.processes import Service


def freeze(service: Service) -> None:
    """Stop every process; none of them changes anything until `thaw`."""
    for process in _members(service):
        process.send_signal(signal.SIGSTOP)


def thaw(service: Service) -> None:
    """Continue all processes."""
    for process in _members(service):
        process.send_signal(signal.SIGCONT)


def kill(service: Service) -> None:
    """Kill all processes."""
    while members := list(_members(service)):
        for process in members:
            process.kill()
        time.sleep(0.05)


def _members(service: Service) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == service.pid and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
