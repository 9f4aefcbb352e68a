"""The processes of the local stack: started in a session of their own each, and ended with it.

A session outlives the process that began it: its processes are found by the session's id (the pid
of the process that was started), whatever they have forked since.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

TERM_SECONDS = 8.0
TAIL_LINES = 25
# How uvicorn, Redis and Postgres log EADDRINUSE, but for the case of its first letter.
PORT_TAKEN = "address already in use"


class StartError(Exception):
    """A process ended or was not ready in time; the message shows the last lines of its log."""


class PortTaken(StartError):
    """A server ended because another program had taken its port."""


@dataclass(frozen=True)
class Service:
    """A started process, its session and its log; `born` tells it from a later owner of `pid`."""

    name: str
    pid: int
    born: float
    log: str

    def alive(self) -> bool:
        """Return whether the process that was started still runs."""
        try:
            process = psutil.Process(self.pid)
            # The time is precise to a hundredth of a second.
            same = abs(process.create_time() - self.born) < 1
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def tail(self) -> str:
        """Return the last lines of the log."""
        lines = Path(self.log).read_text(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])


def spawn(name: str, command: list[str], log: Path, env: Mapping[str, str], cwd: Path) -> Service:
    """Start `command` in a new session and write its output to `log`, which is emptied first."""
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
    """Return the result of `probe`; raise StartError if a service ends, or after `seconds`."""
    services = list(services)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = probe()
        for service in services:
            _require_alive(service)
        if found:
            return found
        time.sleep(0.1)
    logs = ", ".join(service.log for service in services)
    raise StartError(f"{what} was not ready after {seconds:.0f} s; see {logs}")


def _require_alive(service: Service) -> None:
    if not service.alive():
        tail = service.tail()
        kind = PortTaken if PORT_TAKEN in tail.lower() else StartError
        raise kind(f"{service.name} ended early. The end of {service.log}:\n{tail}")


def listens(service: Service, port: int) -> bool:
    """Return whether a process of the service's session listens on `port`."""
    return any(_listens(process, port) for process in _members({service.pid: service}))


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        connections = process.net_connections(kind="tcp")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for connection in connections
    )


def ready_url(service: Service, seconds: float = 60) -> str:
    """Wait for the line `ready URL` in the service's log and return the URL."""

    def probe() -> str | None:
        lines = Path(service.log).read_text(errors="replace").splitlines(keepends=True)
        ready = [line for line in lines if line.startswith("ready ") and line.endswith("\n")]
        return ready[0].split()[1] if ready else None

    return wait_until(probe, [service], service.name, seconds)


def end(services: Iterable[Service]) -> None:
    """End every process of the services' sessions: SIGTERM, and after TERM_SECONDS SIGKILL."""
    sessions = {service.pid: service for service in services}
    members = _members(sessions)
    for process in members:
        _signal(process, process.terminate)
    psutil.wait_procs(members, timeout=TERM_SECONDS)
    # Listed again, because a process may have forked before it ended.
    stubborn = _members(sessions)
    for process in stubborn:
        _signal(process, process.kill)
    psutil.wait_procs(stubborn, timeout=TERM_SECONDS)


def _members(sessions: Mapping[int, Service]) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _belongs(process, sessions)]


def _belongs(process: psutil.Process, sessions: Mapping[int, Service]) -> bool:
    """Return whether `process` is of one of the sessions, and not older than its service."""
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
