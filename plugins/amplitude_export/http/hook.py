"""Airflow's HttpHook, restricted to the host of its connection."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded
from airflow.sdk.log import mask_secret

from amplitude_export.connection import bad_connection, read_connection
from amplitude_export.errors import BadSetting, DoNotRetry, PipelineError
from amplitude_export.http.connection import require_usable
from amplitude_export.http.encoding import IDENTITY, DecodeFailed, decoded, unknown_encoding
from amplitude_export.proxy import TUNNEL_REFUSED, login_wanted
from amplitude_export.redaction import excerpt, redact_error, without_login

CONNECT_SECONDS = 15
# What requests, urllib3 and the standard library raise for a connection that failed.
CONNECTION_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    ConnectionError,
    TimeoutError,
    DecodeFailed,
)
_BAD_URL = (
    urllib3.exceptions.LocationParseError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
# Words of requests' InvalidSchema.
_NO_SOCKS = "Missing dependencies for SOCKS support"
_EXCERPT_BYTES = 500
# Of a Content-Length; of thousands, Python reads no number.
_LENGTH_DIGITS = 20
_PIECE_BYTES = 1 << 16
_PROXY_LOGIN_REQUIRED = 407
_PROXY = "correct the variable HTTPS_PROXY, HTTP_PROXY or ALL_PROXY of the workers."
_LOG_IN = (
    "put user and password into the proxy's address: HTTPS_PROXY (HTTP_PROXY for hosts without "
    "TLS) of the workers, or proxies in the extra of the connection {connection}; or let it pass "
    "this host without a login (NO_PROXY)."
)
# Parts of the names of headers that hold credentials.
_SECRET_HEADERS = ("authorization", "token", "key", "secret")


class SingleHostHook(HttpHook):
    """Requests streamed responses from the connection's host, and redacts its credentials.

    A redirect is returned as it is and never followed, because the credentials would go to another
    host. Proxies come from the connection's extra or from the environment, as HttpHook reads them.
    """

    # The error for what no retry changes; each API has its own.
    refused: type[DoNotRetry] = DoNotRetry

    def __init__(self, conn_id: str) -> None:
        super().__init__(method="GET", http_conn_id=conn_id)

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        """Return Airflow's connection. Raises BadSetting if it is broken."""
        return read_connection(conn_id, super().get_connection, ensure_secrets_backend_loaded)

    def get_conn(self, *args: Any, **kwargs: Any) -> requests.Session:
        """Return a session. Raises BadSetting for a connection that no request can use."""
        require_usable(self.http_conn_id, self.get_connection(self.http_conn_id))
        session: requests.Session = super().get_conn(*args, **kwargs)
        return session

    def stream(
        self,
        path: str,
        *,
        read_seconds: float,
        parameters: dict[str, str] | None = None,
    ) -> requests.Response:
        """Return the response to a GET, of any status; its body is not read yet.

        `read_seconds` is the longest wait for the next bytes. Raises CONNECTION_ERRORS, BadSetting
        for a connection that no request can use, and `refused` if a proxy wants a login.
        """
        for secret in self._secrets():
            # Airflow itself masks the password only.
            mask_secret(secret)
        try:
            with self._setting_errors():
                response = self._get(path, read_seconds, parameters)
        except requests.exceptions.ProxyError as error:
            if TUNNEL_REFUSED not in str(error):
                raise
            raise self._proxy_refusal() from error
        if response.status_code == _PROXY_LOGIN_REQUIRED:
            response.close()
            raise self._proxy_refusal()
        return response

    def _get(
        self, path: str, read_seconds: float, parameters: dict[str, str] | None
    ) -> requests.Response:
        response: requests.Response = self.run(
            path,
            data=parameters,
            # Proxies pack responses all the same: `encoding.decoded` unpacks these.
            headers=IDENTITY,
            extra_options={
                "stream": True,
                "timeout": (CONNECT_SECONDS, read_seconds),
                "check_response": False,
                "allow_redirects": False,
            },
        )
        return response

    def _proxy_refusal(self) -> DoNotRetry:
        """Return the error for 407, which only a proxy returns."""
        session = self.get_conn()
        settings = session.merge_environment_settings(
            self.base_url, session.proxies or {}, None, None, None
        )
        proxy = requests.utils.select_proxy(self.base_url, settings["proxies"])
        return self.refused(
            login_wanted(without_login(proxy or ""), f"{urlsplit(self.base_url).hostname}"),
            _LOG_IN.format(connection=self.http_conn_id),
        )

    @contextmanager
    def _setting_errors(self) -> Iterator[None]:
        """Raise BadSetting for what requests itself refuses to send."""
        try:
            yield
        except _BAD_URL as error:
            if _NO_SOCKS in str(error):
                raise BadSetting(
                    "The proxy is one of SOCKS, for which the worker has no library.",
                    "install PySocks on every worker, or name an HTTP proxy: HTTPS_PROXY of the "
                    f"workers, or proxies in the extra of the connection {self.http_conn_id}.",
                ) from None
            if self._is_about_proxy(error):
                # Outside of the connection, whose own are checked before; an address has secrets.
                raise BadSetting("The workers' proxy has no usable address.", _PROXY) from None
            raise bad_connection(self.http_conn_id, "host", str(error)) from error
        except OSError as error:
            # The connection's own files are checked before; requests raises no other plain one.
            if type(error) is not OSError:
                raise
            raise BadSetting(
                f"The workers' TLS settings cannot be used: {error}.",
                "correct the variable REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE of the workers.",
            ) from error

    def _is_about_proxy(self, error: Exception) -> bool:
        # requests parses its own URL before it looks for a proxy; urllib3's error is the latter's,
        # except for a name that nothing parses before it connects.
        if isinstance(error, urllib3.exceptions.LocationParseError):
            return f"{urlsplit(self.base_url).hostname}" not in str(error)
        of_urllib3 = error.args and isinstance(error.args[0], urllib3.exceptions.LocationValueError)
        return isinstance(error, requests.exceptions.InvalidProxyURL) or bool(of_urllib3)

    @contextmanager
    def redacted(self) -> Iterator[None]:
        """Mask the credentials in the pipeline errors that the block raises."""
        try:
            yield
        except PipelineError as error:
            redact_error(error, self._secrets())
            raise

    def _secrets(self) -> list[str]:
        """Return every form in which a server can echo the credentials."""
        connection = self.get_connection(self.http_conn_id)
        pair = f"{connection.login}:{connection.password}"
        basic = b64encode(pair.encode()).decode()
        headers = _secret_headers(connection.extra_dejson)
        return [basic, *filter(None, (connection.login, connection.password)), *headers]


def _secret_headers(extra: Mapping[str, Any]) -> list[str]:
    # Of "Bearer abc" only the last word is secret.
    return [
        value.split()[-1]
        for name, value in extra.items()
        if isinstance(value, str) and value.strip()
        if any(word in name.lower() for word in _SECRET_HEADERS)
    ]


def content_length(response: requests.Response) -> int | None:
    """Return the Content-Length in bytes, or None for a response without one."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() and len(text) <= _LENGTH_DIGITS else None


def beginning(response: requests.Response) -> str:
    """Read an excerpt of the body, for a message."""
    try:
        text = excerpt(content(response, _EXCERPT_BYTES), _EXCERPT_BYTES)
    except DecodeFailed as failed:
        return f"(a body whose {failed})"
    unknown = unknown_encoding(encoding(response))
    return f"{text} (Content-Encoding {unknown!r})" if unknown else text


def content(response: requests.Response, max_bytes: int) -> bytes:
    """Read the body, unpacked, or the beginning of a larger one. Raises DecodeFailed."""
    # `read1` returns what has arrived.
    pieces = iter(partial(response.raw.read1, _PIECE_BYTES), b"")
    body = bytearray()
    for piece in decoded(pieces, encoding(response)):
        body += piece
        if len(body) >= max_bytes:
            break
    return bytes(body[:max_bytes])


def encoding(response: requests.Response) -> str | None:
    """Return the Content-Encoding, or None for a response without one."""
    return response.headers.get("Content-Encoding")
