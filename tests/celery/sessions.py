"""All processes of a service at once: they are one session, whatever they have forked."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import psutil

from local.launcher.processes import Service


def freeze(service: Service) -> None:
    """Stops every process where it stands; nothing of it changes anything until `thaw`."""
    for process in _members(service):
        process.send_signal(signal.SIGSTOP)


def thaw(service: Service) -> None:
    """Lets them go on."""
    for process in _members(service):
        process.send_signal(signal.SIGCONT)


def kill(service: Service) -> None:
    """No process of it is left."""
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
