"""Ports for servers that bind them later: the one place that picks them.

Airflow binds its port about ten seconds after the launcher picked it. The kernel takes the ports of
outgoing connections from a range of its own, so a port of that range can be gone by then. Ports are
therefore picked outside that range, and a server whose port was taken anyway is started again on
another one.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from local.launcher.processes import PortTaken

HOST = "127.0.0.1"
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
# The dynamic ports of RFC 6335, which systems without that file use for outgoing connections.
DYNAMIC = (49152, 65535)
# Programs that listen on a fixed port mostly have one below 10,000; only root binds below 1,024.
PREFERRED_MIN, MIN, MAX = 10_000, 1_024, 65_535
# Fewer ports than this are not worth a random pick: several launchers would meet on the same ones.
ENOUGH = 256
TRIES = 5

T = TypeVar("T")


def free_port(preferred: int = 0) -> int:
    """Return a loopback port that nothing listens on: `preferred`, if that one is free."""
    if preferred and _is_free(preferred):
        return preferred
    ports = server_ports(*_outgoing())
    for port in random.sample(ports, min(len(ports), ENOUGH)):
        if _is_free(port):
            return port
    return _kernels_choice()


def on_free_port(serve: Callable[[int], T], preferred: int = 0) -> T:
    """Return what `serve` returns for a free port, the first time `preferred` if that one is free.

    `serve` ends what it started and raises PortTaken when another program was faster. It is then
    called with another port, up to TRIES times in all.
    """
    for _ in range(TRIES - 1):
        try:
            return serve(free_port(preferred))
        except PortTaken:
            preferred = 0
    return serve(free_port())


def server_ports(first: int, last: int) -> Sequence[int]:
    """Return the ports that outgoing connections, from `first` to `last`, never get.

    Those below come first, then those above; without enough of either the result is empty.

    >>> server_ports(32768, 60999)
    range(10000, 32768)
    """
    below, above = range(PREFERRED_MIN, first), range(last + 1, MAX + 1)
    choices = (below, range(MIN, first), above)
    return next((ports for ports in choices if len(ports) >= ENOUGH), range(0))


def _outgoing() -> tuple[int, int]:
    """Return the first and last port that the kernel gives to outgoing connections."""
    try:
        first, last = OUTGOING.read_text().split()
    except FileNotFoundError:
        return DYNAMIC
    return int(first), int(last)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Servers set it too: connections that have just ended do not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _kernels_choice() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
