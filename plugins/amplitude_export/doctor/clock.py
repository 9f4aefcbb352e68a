"""Compare this machine's clock with another system's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amplitude_export.doctor.runner import Fault

# Snowflake accepts a key pair's token within 60 s of its own clock.
MAX_SKEW = timedelta(seconds=60)
_DO = (
    "set this machine's clock (NTP). With a wrong one, S3 and Snowflake refuse logins, and hours "
    "count as complete too early or too late."
)


def now() -> datetime:
    """Return this machine's time, in UTC."""
    return datetime.now(UTC)


def compare(ours: datetime, theirs: datetime, whose: str) -> str:
    """Return the difference as text; raise Fault if it is more than MAX_SKEW.

    Both times are aware; `whose` names the other clock, as in "Snowflake's".
    """
    ahead = round((ours - theirs).total_seconds())
    text = f"this machine's clock is {abs(ahead)} s {'behind' if ahead < 0 else 'ahead of'} {whose}"
    if abs(ours - theirs) > MAX_SKEW:
        raise Fault(f"{text}: it is {theirs:%Y-%m-%d %H:%M:%S} UTC there", _DO)
    return text
