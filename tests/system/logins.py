"""A second api-server that has roles, and a browser's login there with the role of a test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt
import requests
from playwright.sync_api import BrowserContext

from local.launcher.ports import on_free_port
from local.launcher.processes import Service, StartError, end, listens, spawn, wait_until

SERVER = Path(__file__).with_name("strict_server.py")
SECONDS = 120


@contextmanager
def strict_server(folder: Path) -> Iterator[str]:
    """Yield the address of an api-server of the stack in `folder` that has roles.

    A user's role is that of the token; the stack's own makes every user an administrator.
    """
    server, url = on_free_port(lambda port: _serve(folder, port))
    try:
        yield url
    finally:
        end([server])


def _serve(folder: Path, port: int) -> tuple[Service, str]:
    url = f"http://127.0.0.1:{port}"
    ours = {n: v for n, v in os.environ.items() if not n.startswith(("AIRFLOW_", "AWS_"))}
    server = spawn(
        "strict api-server",
        [sys.executable, str(SERVER), str(port)],
        folder / ".local/logs/strict-api-server.log",
        {**ours, "PYTHONPATH": str(folder)},
        folder,
    )
    try:
        wait_until(lambda: _answering(server, port, url), [server], "Airflow", SECONDS)
    except StartError:
        end([server])
        raise
    return server, url


def _answering(server: Service, port: int, url: str) -> str | None:
    if not listens(server, port):
        return None
    try:
        return url if requests.get(f"{url}/api/v2/version", timeout=5).ok else None
    except (requests.ConnectionError, requests.Timeout):
        return None


def log_in(context: BrowserContext, url: str, given: str, folder: Path, role: str) -> None:
    """Give the browser the cookie of Airflow at `url` for a user of that role.

    `given` is a token that Airflow has made, for an administrator.
    """
    claims = jwt.decode(given, options={"verify_signature": False})
    secret = (folder / ".local/airflow/jwt.key").read_text()
    algorithm = jwt.get_unverified_header(given)["alg"]
    token = jwt.encode({**claims, "role": role}, secret, algorithm)
    context.add_cookies([{"name": "_token", "value": token, "url": url}])
