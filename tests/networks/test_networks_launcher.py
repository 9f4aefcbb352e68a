"""Whose owners the launcher loads: invented ones on stand-ins, never into one's own warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.launcher import networks
from local.launcher.settings import AWS, BUCKET, NPM, SNOWFLAKE, SettingsError, read

OWN = {AWS: "aws://", SNOWFLAKE: "snowflake://", BUCKET: "bucket"}
CASES = {
    "nothing given": ({}, (True, True)),
    "a registry": ({NPM: "http://registry"}, (False, True)),
    "a warehouse of one's own": (OWN, (False, False)),
    "both": ({**OWN, NPM: "http://registry"}, (False, True)),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whether_there_are_networks_and_whether_they_are_invented(
    case: str, tmp_path: Path
) -> None:
    """A registry of one's own comes first."""
    environ, expected = CASES[case]
    given = read(environ, tmp_path / ".env")
    assert (given.networks_are_local, given.has_networks) == expected


def test_without_a_registry_ones_own_warehouse_gets_none(tmp_path: Path) -> None:
    """The message says what to set, before anything is started."""
    with pytest.raises(SettingsError, match=NPM):
        networks.load(read(OWN, tmp_path / ".env"))
