"""Starting and ending the processes of the local stack, each in a session of its own.

A session is what survives a parent that dies first: its processes are found by the session's id
(the pid of the process that was started), whatever they have forked since.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

TERM_SECONDS = 8.0
TAIL_LINES = 25


class StartError(Exception):
    """A process ended or stayed silent before it was ready; the message shows its last words."""


@dataclass(frozen=True)
class Service:
    """One started process, its session and its log. `born` tells it from a later owner of `pid`."""

    name: str
    pid: int
    born: float
    log: str

    def alive(self) -> bool:
        """Whether the very process that was started still runs."""
        try:
            process = psutil.Process(self.pid)
            # `born` is read with a hundredth of a second's precision.
            same = abs(process.create_time() - self.born) < 1
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def tail(self) -> str:
        """Return the last lines of the log."""
        lines = Path(self.log).read_text(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])


def spawn(name: str, command: list[str], log: Path, env: Mapping[str, str], cwd: Path) -> Service:
    """Start `command` in a new session with its output going to `log`, which starts anew."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    born = psutil.Process(process.pid).create_time()
    return Service(name, process.pid, born, str(log))


def wait_until(
    probe: Callable[[], str | None], services: Iterable[Service], what: str, seconds: float
) -> str:
    """Return what `probe` finds; raise StartError when a service dies or `seconds` are over."""
    services = list(services)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := probe():
            return found
        for service in services:
            if not service.alive():
                raise StartError(
                    f"{service.name} ended early; {service.log} says:\n{service.tail()}"
                )
        time.sleep(0.1)
    logs = ", ".join(service.log for service in services)
    raise StartError(f"{what} was not ready after {seconds:.0f} s; see {logs}")


def ready_url(service: Service, seconds: float = 60) -> str:
    """Wait for the line `ready URL` in the service's log and return the URL."""

    def probe() -> str | None:
        lines = Path(service.log).read_text(errors="replace").splitlines(keepends=True)
        ready = [line for line in lines if line.startswith("ready ") and line.endswith("\n")]
        return ready[0].split()[1] if ready else None

    return wait_until(probe, [service], service.name, seconds)


def end(services: Iterable[Service]) -> None:
    """End every process of the services' sessions: asked first, killed after TERM_SECONDS."""
    sessions = {service.pid: service for service in services}
    members = _members(sessions)
    for process in members:
        _signal(process, process.terminate)
    psutil.wait_procs(members, timeout=TERM_SECONDS)
    # Asked again, because what was ended may have forked meanwhile.
    stubborn = _members(sessions)
    for process in stubborn:
        _signal(process, process.kill)
    psutil.wait_procs(stubborn, timeout=TERM_SECONDS)


def _members(sessions: Mapping[int, Service]) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _belongs(process, sessions)]


def _belongs(process: psutil.Process, sessions: Mapping[int, Service]) -> bool:
    """Whether `process` is of one of the sessions; one older than the service is a stranger."""
    try:
        service = sessions.get(os.getsid(process.pid))
        if service is None or process.status() == psutil.STATUS_ZOMBIE:
            return False
        return bool(process.create_time() > service.born - 1)
    except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
        return False


def _signal(process: psutil.Process, send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return


def free_port(preferred: int = 0) -> int:
    """Return a loopback port that nothing listens on: `preferred`, if that one is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            return free_port()
        port: int = probe.getsockname()[1]
        return port
