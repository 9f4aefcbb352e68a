"""The launcher loads invented owners into the stand-in only, never into a real warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.launcher import networks
from local.launcher.settings import AWS, BUCKET, NPM, SNOWFLAKE, SettingsError, read

OWN = {AWS: "aws://", SNOWFLAKE: "snowflake://", BUCKET: "bucket"}
CASES = {
    "nothing given": ({}, (True, True)),
    "a registry": ({NPM: "http://registry"}, (False, True)),
    "a real warehouse": (OWN, (False, False)),
    "both": ({**OWN, NPM: "http://registry"}, (False, True)),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_settings_decide_whether_networks_are_loaded_and_invented(
    case: str, tmp_path: Path
) -> None:
    """A registry in the settings takes precedence over invented owners."""
    environ, expected = CASES[case]
    given = read(environ, tmp_path / ".env")
    assert (given.networks_are_local, given.has_networks) == expected


def test_a_real_warehouse_gets_no_networks_without_a_registry(tmp_path: Path) -> None:
    """The message names the setting before anything is started."""
    with pytest.raises(SettingsError, match=NPM):
        networks.load(read(OWN, tmp_path / ".env"))
