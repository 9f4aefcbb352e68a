"""Whether the storage integration is open for the landed files, whatever AWS says to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from amplitude_export.workspace import PREFIX

_ALTER = "alter storage integration amplitude_s3"
_SET_UP = "run the DAG amplitude_setup, which does it."
_UNBLOCK = (
    f"{_ALTER} unset storage_blocked_locations, as Snowflake's administrator: the DAG "
    "amplitude_setup blocks nothing, and leaves what others have blocked."
)


@dataclass(frozen=True)
class Integration:
    """What DESC INTEGRATION says of it, by property, and the URL that it has to be open for."""

    properties: Mapping[str, str]
    url: str

    @property
    def faults(self) -> Iterator[tuple[str, str]]:
        """What keeps it closed, and what to do about it; nothing of an open one."""
        allowed = self.properties["STORAGE_ALLOWED_LOCATIONS"]
        blocked = self.properties.get("STORAGE_BLOCKED_LOCATIONS", "")
        if self.properties["ENABLED"].lower() != "true":
            yield "is disabled", _enable()
        if not any(place == "*" or self.url.startswith(place) for place in _places(allowed)):
            yield f"allows {allowed or 'nothing'} and not {self.url}", _allow(self.url)
        # A place below the URL takes away a part of it.
        if any(_overlap(place, self.url) for place in _places(blocked)):
            yield f"blocks {blocked}", _UNBLOCK

    @property
    def trust(self) -> str:
        """What the role at AWS has to be like."""
        return (
            "the role {STORAGE_AWS_ROLE_ARN} has to trust {STORAGE_AWS_IAM_USER_ARN} under the "
            "external id {STORAGE_AWS_EXTERNAL_ID}, and to be allowed to list, read and decrypt "
            "what lies below {url}: run the DAG amplitude_setup, which writes both into the stack."
        ).format(**self.properties, url=self.url)


def landing(bucket: str) -> str:
    """Where the uploads go."""
    return f"s3://{bucket}/{PREFIX}"


def advice_on(said: str, url: str) -> str:
    """What to do where Snowflake's own words say that the integration is closed; empty if not."""
    if "is disabled" in said:
        return _enable()
    if "is not allowed by integration" in said:
        return _allow(url)
    return ""


def _enable() -> str:
    return f"{_ALTER} set enabled = true: {_SET_UP}"


def _allow(url: str) -> str:
    return f"{_ALTER} set storage_allowed_locations = ('{url}'): {_SET_UP}"


def _places(text: str) -> list[str]:
    """DESC INTEGRATION shows a list as one text with commas."""
    return [place.strip() for place in text.split(",") if place.strip()]


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
