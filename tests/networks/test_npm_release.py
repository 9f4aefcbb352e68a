"""Reading a release from a registry's metadata."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from amplitude_export.errors import RegistryRefused
from amplitude_export.ip_networks.release import Release

SHA = b64encode(b"x" * 64).decode()


def metadata(
    version: Any = "2.3.2026061719",
    tarball: Any = "https://elsewhere.example.net/npm/@a/b/-/b-2.tgz?token=1",
    integrity: Any = f"sha1-abc sha512-{SHA}",
) -> bytes:
    dist = {"tarball": tarball, "integrity": integrity}
    return json.dumps(
        {"dist-tags": {"latest": version}, "versions": {version: {"dist": dist}, "1.0.0": {}}}
    ).encode()


def test_the_newest_release_is_the_one_that_the_tag_names() -> None:
    """Only the path of the tarball's address and the SHA-512 are used."""
    expected = Release("2.3.2026061719", "/npm/@a/b/-/b-2.tgz", b"x" * 64)
    assert Release.newest(metadata()) == expected


REFUSED = {
    "not JSON": b"<html>",
    "a list": b"[]",
    "no tags": b"{}",
    "a tag without its version": b'{"dist-tags": {"latest": "1.0.0"}, "versions": {}}',
    "a version that is a path": metadata(version="1.0.0/../../2026-01-01"),
    "a version that is not a number": metadata(version="latest"),
    "no tarball": metadata(tarball="https://elsewhere.example.net/"),
    "no SHA-512": metadata(integrity="sha1-abc"),
    "a tarball that is null": metadata(tarball=None),
    "a SHA-512 that is not base64": metadata(integrity="sha512-x"),
    "an integrity that is not text": metadata(integrity=7),
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_invalid_metadata_are_refused(case: str) -> None:
    """The advice names the connection."""
    with pytest.raises(RegistryRefused, match="npm_default"):
        Release.newest(REFUSED[case])
