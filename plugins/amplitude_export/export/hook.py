"""Amplitude's Export API over Airflow's HttpHook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests

from amplitude_export.archive import EXCERPT_BYTES, require_zip
from amplitude_export.errors import AmplitudeUnavailable, BadSetting, ExportRefused
from amplitude_export.export.download import Fetched, save_archive
from amplitude_export.export.responses import (
    check_complete,
    error_for,
    has_no_events,
    server_time,
)
from amplitude_export.http.hook import (
    CONNECTION_ERRORS,
    SingleHostHook,
    beginning,
    content,
    content_length,
    encoding,
)
from amplitude_export.settings import AMPLITUDE
from amplitude_export.window import Window

ENDPOINT = "api/2/export"
# Amplitude builds the whole archive before it sends the first byte.
_READ_SECONDS = 300
# Before there were projects: the response to this hour is short, and comes at once.
_PROBED = Window("2015-01-01T00", "2015-01-01T00")
_PROBE_SECONDS = 20
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class AmplitudeHook(SingleHostHook):
    """Downloads archives of raw events.

    The connection's host is the region's base URL with its scheme (https://amplitude.com or
    https://analytics.eu.amplitude.com), its login the API key, its password the secret key.
    """

    default_conn_name = AMPLITUDE
    refused = ExportRefused

    def __init__(self, amplitude_conn_id: str = default_conn_name) -> None:
        super().__init__(amplitude_conn_id)

    def download(self, window: Window, path: Path) -> Fetched:
        """Save the window's archive as `path`, if Amplitude has events, and describe the response.

        Raises what `responses.error_for` and `save_archive` raise, HoursNotComplete for a 200 or a
        404 that came too early, AmplitudeUnavailable when the connection fails, ExportRefused when
        the certificate does not verify, and BadSetting for a connection that would send the keys
        unencrypted.
        """
        with self._errors(window), closing(self._request(window, _READ_SECONDS)) as response:
            return self._save(response, window, path)

    def probe(self) -> tuple[str, datetime | None]:
        """Request an hour of 2015; return the host that accepted the keys, and its time.

        The time is None if the response has no Date. Raises as `download` does, within seconds.
        """
        with self._errors(_PROBED), closing(self._request(_PROBED, _PROBE_SECONDS)) as response:
            if response.status_code == 200:
                require_zip(content(response, EXCERPT_BYTES), f"{_PROBED.day} {_PROBED.label}")
            else:
                self._require_no_events(response, _PROBED)
            now = datetime.now(UTC) if "Date" in response.headers else None
            host = urlsplit(self.base_url).hostname or ""
            return host, now and server_time(response.headers, now)

    @contextmanager
    def _errors(self, window: Window) -> Iterator[None]:
        """Translate connection errors and redact credentials."""
        with self.redacted(), _connection_errors(window, self.http_conn_id):
            yield

    def _request(self, window: Window, read_seconds: float) -> requests.Response:
        self._require_https()
        hours = {"start": f"{window.start:%Y%m%dT%H}", "end": f"{window.end:%Y%m%dT%H}"}
        return self.stream(ENDPOINT, parameters=hours, read_seconds=read_seconds)

    def _save(self, response: requests.Response, window: Window, path: Path) -> Fetched:
        at = server_time(response.headers, datetime.now(UTC))
        if response.status_code != 200:
            self._require_no_events(response, window)
        check_complete(window, response.status_code, at)
        if response.status_code != 200:
            return Fetched(at)
        archive = save_archive(
            response.raw, path, window, content_length(response), encoding=encoding(response)
        )
        return Fetched(at, archive)

    def _require_no_events(self, response: requests.Response, window: Window) -> None:
        """Raise the error for the response, unless it is Amplitude's own 404."""
        status, text = response.status_code, beginning(response)
        if not has_no_events(status, text):
            raise error_for(status, response.headers, text, window, self.http_conn_id)

    def _require_https(self) -> None:
        """Raise BadSetting unless the keys go over TLS, or stay on this machine."""
        # `get_conn` reads the connection, from which `base_url` is made.
        self.get_conn()
        url = urlsplit(self.base_url)
        if not url.hostname or (url.scheme != "https" and url.hostname not in _LOOPBACK):
            raise BadSetting(
                f"The connection {self.http_conn_id} has the base URL {url.scheme}://"
                f"{url.hostname or ''}; the keys are only sent over https.",
                "set its host to https://amplitude.com or https://analytics.eu.amplitude.com.",
            )


@contextmanager
def _connection_errors(window: Window, connection: str) -> Iterator[None]:
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise _tls_error(error) from error
    except CONNECTION_ERRORS as error:
        raise AmplitudeUnavailable(
            f"The connection to Amplitude failed for {window.day} {window.label}: {error}.",
            f"check that the workers reach the host of the connection {connection}.",
        ) from error


def _tls_error(error: requests.exceptions.SSLError) -> AmplitudeUnavailable | ExportRefused:
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return AmplitudeUnavailable(f"The TLS connection to Amplitude failed: {error}.")
    return ExportRefused(
        f"The certificate of Amplitude's host does not verify: {error}.",
        "if your proxy intercepts TLS, make the workers trust its CA (REQUESTS_CA_BUNDLE).",
    )
