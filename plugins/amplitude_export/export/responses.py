"""Translates each status of the Export API into an error: wait, split, retry, or stop.

Statuses from amplitude.com/docs/apis/analytics/export ("Status codes").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from amplitude_export.errors import (
    AmplitudeUnavailable,
    ExportRefused,
    HoursNotComplete,
    HourTooLarge,
    NotAmplitude,
    PipelineError,
    SplitWindow,
)
from amplitude_export.settings import AMPLITUDE
from amplitude_export.window import Window

# A 400 has two meanings, and only its text tells which: an archive over 4 GB, or bad parameters.
_TOO_LARGE = re.compile(
    r"(?<!header )(?<!cookie )too (large|big|much)|exceed\w* .*\b(size|\d+ ?GB)|\b4 ?GB\b",
    re.I | re.S,
)
# The body of its 404. The 404 of a gateway, a proxy or another path does not have it.
_NO_EVENTS = re.compile(r"raw\s+data\s+files\s+were\s+not\s+found", re.I)
# Amplitude still works on an hour that its gateway gave up on; a retry at once does not help.
_GATEWAY_RETRY_AFTER = timedelta(minutes=10)
# The longest wait for one response, whatever the header says.
_MAX_RETRY_AFTER = timedelta(hours=1)
# Hours that have begun are complete within 27 hours. A clock that is further off is wrong, and not
# worth waiting for.
_LONGEST_LAG = timedelta(days=2)

# Characters of a redirect's address in a message.
_MAX_LOCATION = 300
# It means that the server does not know the method, which no retry changes.
_NOT_IMPLEMENTED = 501

_REFUSALS = {
    401: "check login (API key) and password (secret key) of the connection {connection}.",
    403: "check login (API key) and password (secret key) of the connection {connection}, and its "
    "host: EU projects are at https://analytics.eu.amplitude.com only, others at "
    "https://amplitude.com. If both are right, the project's plan has no Export API.",
    _NOT_IMPLEMENTED: "check the host of the connection {connection}, and any proxy in between: "
    "Amplitude knows this request.",
}


_NOT_AMPLITUDE = (
    "check the host of the connection {connection}, and any proxy or gateway in between. Nothing "
    "counts as empty because of this response."
)


def has_no_events(status: int, excerpt: str) -> bool:
    """Return True if Amplitude itself reports that there are no events: a 404 in its words."""
    return status == 404 and bool(_NO_EVENTS.search(excerpt))


def error_for(
    status: int,
    headers: Mapping[str, str],
    excerpt: str,
    window: Window,
    connection: str = AMPLITUDE,
) -> PipelineError:
    """Return the error for a status other than 200 and Amplitude's own 404.

    `excerpt` is the beginning of the body; `headers` are case-insensitive; `connection` is the id
    of the connection to Amplitude, for the advice.
    """
    what = f"Amplitude returned {status} for {window.day} {window.label}: {excerpt!r}."
    one_hour = len(window.hours) == 1
    if status == 504 and not one_hour:
        return SplitWindow(what)
    if status == 400 and _TOO_LARGE.search(excerpt):
        return _hour_too_large(what) if one_hour else SplitWindow(what)
    if status == 504:
        return AmplitudeUnavailable(what, retry_after=_GATEWAY_RETRY_AFTER)
    if status == 404:
        what += " Amplitude's own 404 has other words."
        return NotAmplitude(what, _NOT_AMPLITUDE.format(connection=connection))
    if status in (408, 429) or (status >= 500 and status != _NOT_IMPLEMENTED):
        return AmplitudeUnavailable(what, retry_after=_retry_after(headers))
    if 300 <= status < 400:
        return _redirect(status, headers.get("Location", ""), window, connection)
    advice = _REFUSALS.get(status, "act on the response's body.")
    return ExportRefused(what, advice.format(connection=connection))


def check_complete(window: Window, status: int, now: datetime) -> None:
    """Raise HoursNotComplete unless the hours are complete at `now`.

    Only then does a 404 mean no events, and a 200 all of them.
    """
    if now < window.complete_at:
        wait = window.complete_at - now
        raise HoursNotComplete(
            f"Amplitude returned {status} for {window.day} {window.label}, whose last hour is "
            f"complete at {window.complete_at:%Y-%m-%d %H:%M} UTC; by Amplitude's clock it is "
            f"{now:%Y-%m-%d %H:%M} UTC.",
            "check the clocks of triggerer and workers (NTP); the retry requests the hours again.",
            retry_after=wait if wait < _LONGEST_LAG else None,
        )


def server_time(headers: Mapping[str, str], local: datetime) -> datetime:
    """Return the response's own time, since a worker's clock can be wrong; else `local`."""
    try:
        return _http_date(headers.get("Date", ""))
    except ValueError:
        return local


def _http_date(value: str) -> datetime:
    # Dates in headers are in UTC, whether they have GMT or, as -0000, leave the zone open.
    try:
        time = parsedate_to_datetime(value)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(f"{value!r} is beyond the calendar") from error


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return Retry-After, seconds or a date, as a duration of an hour at most; else None."""
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        seconds = int(value) if len(value) < 6 else _MAX_RETRY_AFTER.total_seconds()
        return min(timedelta(seconds=seconds), _MAX_RETRY_AFTER)
    try:
        wait = _http_date(value) - server_time(headers, datetime.now(UTC))
    except ValueError:
        return None
    return min(max(wait, timedelta(0)), _MAX_RETRY_AFTER)


def _hour_too_large(what: str) -> HourTooLarge:
    return HourTooLarge(
        f"{what} One hour is the smallest window there is.",
        "load this hour from Amplitude's own export to S3, which has no size limit.",
    )


def _redirect(status: int, location: str, window: Window, connection: str) -> ExportRefused:
    return ExportRefused(
        f"Amplitude's host returned {status} for {window.day} {window.label} and points to "
        f"{location.split('?')[0][:_MAX_LOCATION]!r}. Credentials are not sent to another host.",
        f"put the final https address into the host of the connection {connection}.",
    )
