"""This machine's clock against somebody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amplitude_export.doctor.runner import Fault

# Snowflake takes a key pair's token within 60 s of its own clock.
MAX_SKEW = timedelta(seconds=60)
_DO = (
    "set this machine's clock (NTP). With a wrong one S3 and Snowflake refuse logins, and hours "
    "are taken for complete too early or too late."
)


def now() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


def compare(ours: datetime, theirs: datetime, whose: str) -> str:
    """Both aware; raises Fault when they are more than MAX_SKEW apart."""
    ahead = round((ours - theirs).total_seconds())
    said = f"this machine's clock is {abs(ahead)} s {'behind' if ahead < 0 else 'ahead of'} {whose}"
    if abs(ours - theirs) > MAX_SKEW:
        raise Fault(f"{said}: it is {theirs:%Y-%m-%d %H:%M:%S} UTC there", _DO)
    return said
