"""Ports are picked where no outgoing connection gets one, and a taken port leads to another one."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.launcher import ports
from local.launcher.ports import free_port, on_free_port, server_ports
from local.launcher.processes import PortTaken, Service, StartError, end, listens, spawn, wait_until

pytestmark = pytest.mark.enable_socket

SERVER = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), None).serve_forever()
"""

Taken = Callable[[int], int]
Serve = Callable[[int], Service]


@pytest.fixture
def outgoing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the kernel's range, which does not exist yet."""
    file = tmp_path / "ip_local_port_range"
    monkeypatch.setattr(ports, "OUTGOING", file)
    return file


@pytest.fixture
def take() -> Iterator[Taken]:
    """Listen on a port, 0 for any, until the test ends; return the port."""
    with ExitStack() as sockets:

        def take(port: int = 0) -> int:
            taken = sockets.enter_context(socket.create_server(("127.0.0.1", port)))
            number: int = taken.getsockname()[1]
            return number

        yield take


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start an HTTP server on a port and return it once it listens."""
    started: list[Service] = []

    def serve(port: int) -> Service:
        command = [sys.executable, "-c", SERVER, f"{port}"]
        started.append(spawn("server", command, tmp_path / f"{port}.log", os.environ, tmp_path))
        service = started[-1]
        wait_until(lambda: "yes" if listens(service, port) else None, [service], "server", 30)
        return service

    yield serve
    end(started)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param(32768, 60999, range(10_000, 32_768), id="Linux"),
        pytest.param(49152, 65535, range(10_000, 49_152), id="macOS"),
        pytest.param(10_100, 65535, range(1_024, 10_100), id="few above 10,000"),
        pytest.param(1024, 60999, range(61_000, 65_536), id="nothing below"),
        pytest.param(1024, 65535, range(0), id="nothing at all"),
    ],
)
def test_servers_get_the_ports_that_outgoing_connections_never_get(
    first: int, last: int, expected: range
) -> None:
    """Below the kernel's range if possible, otherwise above it."""
    assert server_ports(first, last) == expected


def test_a_picked_port_is_below_the_kernels_range(outgoing: Path) -> None:
    """The range is read at each pick."""
    outgoing.write_text("20000\t60999\n")
    assert all(10_000 <= free_port() < 20_000 for _ in range(20))
    outgoing.write_text("12000\t60999\n")
    assert all(10_000 <= free_port() < 12_000 for _ in range(20))


def test_without_a_range_to_read_the_dynamic_ports_are_avoided(outgoing: Path) -> None:
    """As on macOS, which has no such file."""
    assert not outgoing.exists()
    assert all(free_port() < 49_152 for _ in range(20))


def test_a_range_that_leaves_nothing_leaves_the_choice_to_the_kernel(outgoing: Path) -> None:
    """Such a port can be taken before it is bound, but nothing listens on it."""
    outgoing.write_text("1024\t65535\n")
    assert free_port() >= 1_024


def test_a_taken_port_is_not_proposed(take: Taken) -> None:
    """A preferred port is returned if it is free, and replaced when something listens there."""
    free = free_port()
    assert free_port(free) == free
    assert free_port(take(free)) not in (0, free)


def test_picks_skip_ports_that_are_taken(outgoing: Path, take: Taken) -> None:
    """Every port but one of those that are eligible is taken."""
    outgoing.write_text(f"1024\t{65_535 - ports.ENOUGH}\n")
    eligible = range(65_536 - ports.ENOUGH, 65_536)
    for port in eligible:
        if port != eligible[7] and free_port(port) == port:
            take(port)
    assert free_port() == eligible[7]


def test_a_port_taken_between_pick_and_bind_leads_to_another_port(
    take: Taken, serve: Serve
) -> None:
    """The server is started again and listens on the second port."""
    tried: list[int] = []

    def late(port: int) -> Service:
        tried.append(port)
        if len(tried) == 1:
            take(port)
        return serve(port)

    preferred = free_port()
    service = on_free_port(late, preferred)
    first, second = tried
    assert first == preferred != second
    assert listens(service, second)
    assert not listens(service, first)


def test_a_port_that_is_always_taken_ends_the_tries(take: Taken, serve: Serve) -> None:
    """The last error is raised, with the end of the server's log."""
    tried: list[int] = []

    def late(port: int) -> Service:
        tried.append(take(port))
        return serve(port)

    with pytest.raises(PortTaken, match="Address already in use"):
        on_free_port(late)
    assert len(set(tried)) == ports.TRIES


def test_other_failures_are_not_tried_again(serve: Serve) -> None:
    """A server that ends for another reason would end again."""
    tried: list[int] = []

    def broken(port: int) -> Service:
        tried.append(port)
        return serve(-port)

    with pytest.raises(StartError) as raised:
        on_free_port(broken)
    assert not isinstance(raised.value, PortTaken)
    assert len(tried) == 1
