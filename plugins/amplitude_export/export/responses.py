"""What each answer of the Export API means: wait, split, retry, or stop and say why.

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
    PipelineError,
    SplitWindow,
)
from amplitude_export.window import Window

# A 400 has two meanings, and only its text tells which: an archive over 4 GB, or bad parameters.
_TOO_LARGE = re.compile(
    r"(?<!header )(?<!cookie )too (large|big|much)|exceed\w* .*\b(size|\d+ ?GB)|\b4 ?GB\b",
    re.I | re.S,
)
# A gateway that gave up on one hour has gone on working on it; asking again at once does not help.
_GATEWAY_RETRY_AFTER = timedelta(minutes=10)
# Nobody waits longer than an hour for one answer, whatever the header says.
_MAX_RETRY_AFTER = timedelta(hours=1)

_REFUSALS = {
    401: "check login (API key) and password (secret key) of the connection amplitude_default.",
    403: "check login (API key) and password (secret key) of the connection amplitude_default, and "
    "its host: EU projects answer at https://analytics.eu.amplitude.com only, others at "
    "https://amplitude.com. If both are right, the project's plan has no Export API.",
}


def error_for(
    status: int, headers: Mapping[str, str], excerpt: str, window: Window
) -> PipelineError:
    """The error that an answer other than 200 and 404 stands for.

    `excerpt` is the beginning of the body; `headers` are looked up in any case.
    """
    said = f"Amplitude answered {status} for {window.day} {window.label}: {excerpt!r}."
    one_hour = len(window.hours) == 1
    if status == 504 and not one_hour:
        return SplitWindow(said)
    if status == 400 and _TOO_LARGE.search(excerpt):
        return _hour_too_large(said) if one_hour else SplitWindow(said)
    if status == 504:
        return AmplitudeUnavailable(said, retry_after=_GATEWAY_RETRY_AFTER)
    if status in (408, 429) or status >= 500:
        return AmplitudeUnavailable(said, retry_after=_retry_after(headers))
    if 300 <= status < 400:
        return _redirect(status, headers.get("Location", ""), window)
    return ExportRefused(said, _REFUSALS.get(status, "the body says what Amplitude did not like."))


def check_complete(window: Window, status: int, now: datetime) -> None:
    """A 404 means no events, and a 200 all of them, only once the hours are complete at `now`.

    Raises HoursNotComplete otherwise.
    """
    if now < window.complete_at:
        raise HoursNotComplete(
            f"Amplitude answered {status} for {window.day} {window.label}, whose last hour is "
            f"complete at {window.complete_at:%Y-%m-%d %H:%M} UTC; by its clock it is "
            f"{now:%Y-%m-%d %H:%M} UTC.",
            "nothing, if the run was triggered early: the retry asks again.",
            retry_after=window.complete_at - now,
        )


def server_time(headers: Mapping[str, str], local: datetime) -> datetime:
    """The answer's own clock: a worker's may be wrong. `local` where the answer has none."""
    try:
        return _http_date(headers.get("Date", ""))
    except ValueError:
        return local


def _http_date(value: str) -> datetime:
    """A date in a header is in UTC, whether it says GMT or, as -0000, leaves the zone open."""
    time = parsedate_to_datetime(value)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After as a duration: seconds or a date, an hour at most; None where it says neither."""
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        seconds = int(value) if len(value) < 6 else _MAX_RETRY_AFTER.total_seconds()
        return min(timedelta(seconds=seconds), _MAX_RETRY_AFTER)
    try:
        wait = _http_date(value) - server_time(headers, datetime.now(UTC))
    except ValueError:
        return None
    return min(max(wait, timedelta(0)), _MAX_RETRY_AFTER)


def _hour_too_large(said: str) -> HourTooLarge:
    return HourTooLarge(
        f"{said} One hour is the smallest window there is.",
        "load this hour from Amplitude's own export to S3, which has no limit of size.",
    )


def _redirect(status: int, location: str, window: Window) -> ExportRefused:
    return ExportRefused(
        f"Amplitude's host answered {status} for {window.day} {window.label} and points to "
        f"{location.split('?')[0]!r}. Credentials are not sent anywhere else.",
        "put the final https address into the host of the connection amplitude_default.",
    )
