"""Amplitude's Export API over Airflow's HttpHook."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk.log import mask_secret

from amplitude_export.errors import (
    AmplitudeUnavailable,
    BadSetting,
    ExportRefused,
    PipelineError,
)
from amplitude_export.export.download import receive
from amplitude_export.export.responses import check_complete, error_for, server_time
from amplitude_export.redaction import excerpt, redact_error
from amplitude_export.window import Window

ENDPOINT = "api/2/export"
_CONNECT_SECONDS = 15
# Amplitude puts the archive together before the first byte comes.
_READ_SECONDS = 300
_EXCERPT_BYTES = 500
# Before there were projects: an answer to this hour is short, and comes at once.
_PROBED = Window("2015-01-01T00", "2015-01-01T00")
_PROBE_SECONDS = 20
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class AmplitudeHook(HttpHook):
    """Downloads archives of raw events.

    The connection's host is the region's base URL with its scheme (https://amplitude.com or
    https://analytics.eu.amplitude.com), its login the API key, its password the secret key. Proxies
    come from the connection's extra or from the environment, as HttpHook has it.
    """

    default_conn_name = "amplitude_default"

    def __init__(self, amplitude_conn_id: str = default_conn_name) -> None:
        super().__init__(method="GET", http_conn_id=amplitude_conn_id)

    def download(self, window: Window, path: Path) -> int | None:
        """Saves the window's archive as `path` and returns its bytes; None when there is nothing.

        Raises what `answers.error_for` and `download.receive` raise, HoursNotComplete for a 200 or
        a 404 that came too early, AmplitudeUnavailable when the connection fails, ExportRefused
        when the certificate does not verify, and BadSetting for a connection that would send keys
        in clear.
        """
        with self._refusals(window), closing(self._request(window, _READ_SECONDS)) as response:
            return self._save(response, window, path)

    def probe(self) -> tuple[str, datetime | None]:
        """Asks for an hour of 2015; returns the host that took the keys, and its time.

        The time is None where the answer has no Date. Raises as `download` does, within seconds.
        """
        with self._refusals(_PROBED), closing(self._request(_PROBED, _PROBE_SECONDS)) as response:
            if response.status_code not in (200, 404):
                raise _refusal(response, _PROBED)
            now = datetime.now(UTC) if "Date" in response.headers else None
            host = urlsplit(self.base_url).hostname or ""
            return host, now and server_time(response.headers, now)

    @contextmanager
    def _refusals(self, window: Window) -> Iterator[None]:
        """Lost connections in the pipeline's words, and the keys in nobody's."""
        try:
            with _connection_errors(window):
                yield
        except PipelineError as error:
            redact_error(error, self._secrets())
            raise

    def _secrets(self) -> list[str]:
        """Key, secret, and both as basic authentication sends them: an answer may repeat them."""
        connection = self.get_connection(self.http_conn_id)
        pair = f"{connection.login}:{connection.password}"
        token = b64encode(pair.encode()).decode()
        return [token, *filter(None, (connection.login, connection.password))]

    def _request(self, window: Window, read_seconds: float) -> requests.Response:
        self._check_base_url()
        for secret in self._secrets():
            # Airflow itself masks the password only.
            mask_secret(secret)
        return self.run(
            ENDPOINT,
            data={"start": f"{window.start:%Y%m%dT%H}", "end": f"{window.end:%Y%m%dT%H}"},
            extra_options={
                "stream": True,
                "timeout": (_CONNECT_SECONDS, read_seconds),
                "check_response": False,
                "allow_redirects": False,
            },
        )

    def _save(self, response: requests.Response, window: Window, path: Path) -> int | None:
        if response.status_code in (200, 404):
            now = server_time(response.headers, datetime.now(UTC))
            check_complete(window, response.status_code, now)
        if response.status_code == 404:
            self.log.info("Amplitude has no events for %s %s.", window.day, window.label)
            return None
        if response.status_code != 200:
            raise _refusal(response, window)
        length = response.headers.get("Content-Length", "")
        return receive(response.raw, path, int(length) if length.isdecimal() else None)

    def _check_base_url(self) -> None:
        """The keys go with every request, so they go over TLS only, or nowhere beyond this host."""
        self.get_conn()
        url = urlsplit(self.base_url)
        if not url.hostname or (url.scheme != "https" and url.hostname not in _LOOPBACK):
            raise BadSetting(
                f"The connection {self.http_conn_id} has the base URL {url.scheme}://"
                f"{url.hostname or ''}; the keys are only sent over https.",
                "set its host to https://amplitude.com or https://analytics.eu.amplitude.com.",
            )


def _refusal(response: requests.Response, window: Window) -> PipelineError:
    body = response.raw.read(_EXCERPT_BYTES, decode_content=True) or b""
    begins = excerpt(body, _EXCERPT_BYTES)
    return error_for(response.status_code, response.headers, begins, window)


@contextmanager
def _connection_errors(window: Window) -> Iterator[None]:
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise _tls_error(error) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException) as error:
        raise _lost(error, window) from error
    except (ConnectionError, TimeoutError) as error:
        raise _lost(error, window) from error


def _tls_error(error: requests.exceptions.SSLError) -> AmplitudeUnavailable | ExportRefused:
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return AmplitudeUnavailable(f"The TLS connection to Amplitude failed: {error}.")
    return ExportRefused(
        f"The certificate of Amplitude's host does not verify: {error}.",
        "if a proxy of your own opens TLS, give its CA to the workers (REQUESTS_CA_BUNDLE).",
    )


def _lost(error: Exception, window: Window) -> AmplitudeUnavailable:
    return AmplitudeUnavailable(
        f"The connection to Amplitude failed for {window.day} {window.label}: {error}.",
        "check that the workers reach the host of the connection amplitude_default.",
    )
