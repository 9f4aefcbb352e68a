"""The warehouse as a child process, for tests."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from local.forks import Fork

# Seconds to wait for a response about faults and statements, which is little work.
PATIENCE = 10


class Warehouse:
    """A running warehouse on a free port of 127.0.0.1; it ends with the block.

    S3 is read with the credentials of the ordinary `AWS_*` environment variables.
    """

    def __init__(self, file: Path, s3_endpoint: str, gone_seconds: float = 0.5) -> None:
        self.file = file
        self.s3_endpoint = s3_endpoint
        # Short, because tests kill clients and go on with the next one.
        self.gone_seconds = gone_seconds
        self.url = ""

    def __enter__(self) -> Self:
        arguments = ["--file", str(self.file), "--s3-endpoint", self.s3_endpoint]
        arguments += ["--gone-seconds", f"{self.gone_seconds}"]
        self._process = Fork("local.warehouse", *arguments)
        self.url = self._process.ready_url()
        if not self.url:
            self._process.wait()
            raise RuntimeError(f"The local warehouse ended at once, with code {self.returncode}.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.end()

    @property
    def port(self) -> int:
        """Return the port of the server."""
        return urlsplit(self.url).port or 0

    @property
    def returncode(self) -> int | None:
        """Return the exit code, once the block has ended."""
        return self._process.returncode

    def connection(self) -> dict[str, Any]:
        """Return the arguments for `snowflake.connector.connect`."""
        return {
            "user": "local",
            "password": "local",
            "account": "local",
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
            "database": "AMPLITUDE",
            "schema": "RAW",
            "network_timeout": 30,
            "login_timeout": 10,
        }

    @property
    def statements(self) -> list[str]:
        """Return the statements that the server has started, oldest first.

        Each is without its leading comment and cut at 200 characters.
        """
        return list(self._seen()["statements"])

    @property
    def requests(self) -> int:
        """Return the number of query requests since the start, repeated ones included."""
        return int(self._seen()["requests"])

    @property
    def failed(self) -> int:
        """Return the number of query requests that met a fault."""
        return int(self._seen()["failed"])

    def fail(self, name: str, **changes: object) -> None:
        """Queue a fault of faults.py with fields changed; raise ValueError if it does not exist."""
        fault = {"name": name, **changes}
        answer = requests.post(f"{self.url}/faults", json=fault, timeout=PATIENCE)
        if answer.status_code == 400:
            raise ValueError(answer.text)
        answer.raise_for_status()

    def recover(self) -> None:
        """Remove all faults."""
        requests.delete(f"{self.url}/faults", timeout=PATIENCE).raise_for_status()

    def _seen(self) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/statements", timeout=PATIENCE)
        answer.raise_for_status()
        seen: dict[str, Any] = answer.json()
        return seen
