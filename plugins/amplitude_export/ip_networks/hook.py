"""A registry of npm packages over Airflow's HttpHook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlsplit

import requests

from amplitude_export.errors import PipelineError, RegistryRefused, RegistryUnavailable
from amplitude_export.http.download import Limits, save_body
from amplitude_export.http.hook import (
    CONNECTION_ERRORS,
    SingleHostHook,
    beginning,
    content,
    content_length,
    encoding,
)
from amplitude_export.ip_networks.ranges import MAX_TARBALL_BYTES
from amplitude_export.ip_networks.release import Release
from amplitude_export.settings import NPM
from amplitude_export.volume import open_file

_READ_SECONDS = 60
# Metadata of a package with a version a day for years are some MB.
_MAX_METADATA_BYTES = 64 * 2**20
_NOT_IMPLEMENTED = 501


def _too_large(why: str) -> RegistryRefused:
    return RegistryRefused(
        f"The tarball {why}: it is not the package of IP networks. Nothing was loaded.",
        f"check the host of the connection {NPM}.",
    )


# The task has an hour. The package has some MB, and a slow registry is as good as a fast one.
_LIMITS = Limits(timedelta(hours=1), 0, MAX_TARBALL_BYTES, _too_large)
# A tarball is a gzip file itself, and some servers name that as the encoding of their response.
_GZIP = b"\x1f\x8b"


class RegistryHook(SingleHostHook):
    """Downloads packages from the host of the connection.

    The connection's host is the registry's address with its scheme; login and password, or headers
    in the extra, are for registries that require them.
    """

    default_conn_name = NPM
    refused = RegistryRefused

    def __init__(self, npm_conn_id: str = default_conn_name) -> None:
        super().__init__(npm_conn_id)

    def newest(self, package: str) -> Release:
        """Return the package's newest version. Raises RegistryRefused or RegistryUnavailable."""
        with self._response(f"/{quote(package, safe='@')}") as response:
            return Release.newest(content(response, _MAX_METADATA_BYTES))

    def download(self, release: Release, path: Path) -> int:
        """Save the version's tarball as `path`, whole or not at all, and return its bytes.

        Raises RegistryRefused, also for a tarball without the SHA-512 that the metadata announce,
        RegistryUnavailable, VolumeFull and VolumeRefused.
        """
        with self._response(release.path) as response:
            return save_body(
                response.raw,
                path,
                content_length(response),
                _LIMITS,
                RegistryUnavailable,
                check=lambda part: _require_sha512(part, release),
                encoding=encoding(response),
                content=_GZIP,
            )

    @contextmanager
    def _response(self, path: str) -> Iterator[requests.Response]:
        """Return a response with status 200; raise for any other, redirects included."""
        with (
            self.redacted(),
            _connection_errors(),
            closing(self._request(path)) as response,
        ):
            if response.status_code != 200:
                raise _refusal(response, path)
            yield response

    def _request(self, path: str) -> requests.Response:
        # `get_conn` reads the connection, from which `base_url` is made.
        self.get_conn()
        # A registry below a path of its host has that path in its tarballs' addresses as well.
        below = urlsplit(self.base_url).path.rstrip("/")
        relative = path.removeprefix(below).lstrip("/")
        return self.stream(relative, read_seconds=_READ_SECONDS)


def _require_sha512(tarball: Path, release: Release) -> None:
    with open_file(tarball) as file:
        digest = file_digest(cast("BufferedReader", file), "sha512").digest()
    if digest != release.sha512:
        raise RegistryRefused(
            f"The tarball of version {release.version}, {tarball.stat().st_size:,} bytes, does not "
            "have the SHA-512 that the registry's metadata announce. Nothing was loaded.",
            "clear the task; if it happens again, ask the registry's administrators.",
        )


def _refusal(response: requests.Response, path: str) -> PipelineError:
    status = response.status_code
    what = f"The registry returned {status} for {path}: {beginning(response)}"
    if status == 429 or (status >= 500 and status != _NOT_IMPLEMENTED):
        return RegistryUnavailable(what)
    return RegistryRefused(
        what,
        f"check host, login and headers of the connection {NPM}; redirects are not followed.",
    )


@contextmanager
def _connection_errors() -> Iterator[None]:
    try:
        yield
    except CONNECTION_ERRORS as error:
        raise RegistryUnavailable(
            f"The connection to the registry failed: {error}.",
            f"check that the workers reach the host of the connection {NPM}.",
        ) from error
