"""A registry of npm packages over Airflow's HttpHook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha512
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
import urllib3.exceptions
from airflow.providers.http.hooks.http import HttpHook

from amplitude_export.errors import PipelineError, RegistryRefused, RegistryUnavailable
from amplitude_export.ip_networks.release import Release
from amplitude_export.redaction import excerpt
from amplitude_export.volume import atomic_write, require_space

# Seconds to connect, and between two pieces of an answer.
_TIMEOUT = (15, 60)
_EXCERPT_BYTES = 500
# Metadata of a package with a version a day for years are some MB.
_MAX_METADATA_BYTES = 64 * 2**20
_PIECE_BYTES = 1 << 20
# `dist.integrity` is about the bytes as they are stored.
_AS_STORED = {"Accept-Encoding": "identity"}


class RegistryHook(HttpHook):
    """Downloads packages, from the host of the connection and from no other.

    The connection's host is the registry's address with its scheme; login and password, or headers
    in the extra, where the registry wants them.
    """

    default_conn_name = "npm_default"

    def __init__(self, npm_conn_id: str = default_conn_name) -> None:
        super().__init__(method="GET", http_conn_id=npm_conn_id)

    def newest(self, package: str) -> Release:
        """The package's newest version. Raises RegistryRefused or RegistryUnavailable."""
        with self._answer(f"/{quote(package, safe='@')}") as answer:
            body = answer.raw.read(_MAX_METADATA_BYTES, decode_content=True)
        return Release.newest(body)

    def download(self, release: Release, path: Path) -> int:
        """Saves the version's tarball as `path`, whole or not at all; returns its bytes.

        Raises RegistryRefused, also for a tarball that is not the one that the metadata promise,
        RegistryUnavailable, VolumeFull and VolumeRefused.
        """
        digest, received = sha512(), 0
        with (
            self._answer(release.path, _AS_STORED) as answer,
            atomic_write(path) as file,
        ):
            length = answer.headers.get("Content-Length", "")
            require_space(path.parent, int(length) if length.isdecimal() else 0)
            for piece in answer.raw.stream(_PIECE_BYTES, decode_content=False):
                file.write(piece)
                digest.update(piece)
                received += len(piece)
            if digest.digest() != release.sha512:
                raise RegistryRefused(
                    f"The tarball of version {release.version}, {received:,} bytes, is not the one "
                    "of which the registry's metadata have the SHA-512. Nothing was loaded.",
                    "clear the task; if it comes again, ask whoever runs the registry.",
                )
        self.log.info("Received version %s, %.1f MB.", release.version, received / 1e6)
        return received

    @contextmanager
    def _answer(
        self, path: str, headers: dict[str, str] | None = None
    ) -> Iterator[requests.Response]:
        """A 200; a redirect is a refusal, since it may lead to another host."""
        with _connection_errors(), closing(self._request(path, headers)) as response:
            if response.status_code != 200:
                raise _refusal(response, path)
            yield response

    def _request(self, path: str, headers: dict[str, str] | None) -> requests.Response:
        self.get_conn()
        # A registry below a path of its host has that path in its tarballs' addresses as well.
        below = urlsplit(self.base_url).path.rstrip("/")
        return self.run(
            path.removeprefix(below).lstrip("/"),
            headers=headers,
            extra_options={
                "stream": True,
                "timeout": _TIMEOUT,
                "check_response": False,
                "allow_redirects": False,
            },
        )


def _refusal(response: requests.Response, path: str) -> PipelineError:
    status = response.status_code
    body = response.raw.read(_EXCERPT_BYTES, decode_content=True) or b""
    said = f"The registry answered {status} for {path}: {excerpt(body, _EXCERPT_BYTES)}"
    if status == 429 or status >= 500:
        return RegistryUnavailable(said)
    return RegistryRefused(
        said,
        "check host, login and headers of the connection npm_default; redirects are not followed.",
    )


@contextmanager
def _connection_errors() -> Iterator[None]:
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise RegistryUnavailable(
            f"The connection to the registry failed: {error}.",
            "check that the workers reach the host of the connection npm_default.",
        ) from error
