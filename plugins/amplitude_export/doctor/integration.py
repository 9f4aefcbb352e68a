"""Check Snowflake's side of the storage integration: enabled, and open for the landed files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from amplitude_export.workspace import PREFIX

_ALTER = "alter storage integration {name}"
_SET_UP = "run the DAG amplitude_setup, which does it."
_UNBLOCK = (
    f"{_ALTER} unset storage_blocked_locations, as Snowflake's administrator: the DAG "
    "amplitude_setup blocks nothing, and keeps what others have blocked."
)


@dataclass(frozen=True)
class Integration:
    """An integration, the properties that DESC shows, and the URL that it has to be open for."""

    name: str
    properties: Mapping[str, str]
    url: str

    @property
    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield each fault that keeps the URL closed, with its fix."""
        allowed = self.properties["STORAGE_ALLOWED_LOCATIONS"]
        blocked = self.properties.get("STORAGE_BLOCKED_LOCATIONS", "")
        if self.properties["ENABLED"].lower() != "true":
            yield "is disabled", _enable(self.name)
        if not any(place == "*" or self.url.startswith(place) for place in _places(allowed)):
            yield f"allows {allowed or 'nothing'} and not {self.url}", _allow(self.name, self.url)
        # A blocked location below the URL hides a part of it.
        if any(_overlap(place, self.url) for place in _places(blocked)):
            yield f"blocks {blocked}", _UNBLOCK.format(name=self.name)

    @property
    def trust(self) -> str:
        """Advice: the trust and the rights that the role at AWS needs."""
        return (
            "the role {STORAGE_AWS_ROLE_ARN} has to trust {STORAGE_AWS_IAM_USER_ARN} under the "
            "external id {STORAGE_AWS_EXTERNAL_ID}, and to be allowed to list, read and decrypt "
            "objects below {url}: run the DAG amplitude_setup, which writes both into the stack."
        ).format(**self.properties, url=self.url)


def landing(bucket: str) -> str:
    """Return the URL below which the uploads are."""
    return f"s3://{bucket}/{PREFIX}"


def advice_on(message: str, name: str, url: str) -> str:
    """Return the fix if Snowflake's message reports a closed integration, else an empty text."""
    if "is disabled" in message:
        return _enable(name)
    if "is not allowed by integration" in message:
        return _allow(name, url)
    return ""


def _enable(name: str) -> str:
    return f"{_ALTER.format(name=name)} set enabled = true: {_SET_UP}"


def _allow(name: str, url: str) -> str:
    alter = _ALTER.format(name=name)
    return f"{alter} set storage_allowed_locations = ('{url}'): {_SET_UP}"


def _places(text: str) -> list[str]:
    """Split a list of locations, which DESC INTEGRATION shows as one text with commas."""
    return [place.strip() for place in text.split(",") if place.strip()]


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
