"""Configured accounts are used as they are; stand-ins replace the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.launcher.connections import snowflake
from local.launcher.settings import (
    AMPLITUDE,
    AWS,
    BUCKET,
    DATA_DIR,
    DEPLOYMENT,
    LOCAL_BUCKET,
    SNOWFLAKE,
    STATE,
    SettingsError,
    read,
)


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_without_any_setting_everything_is_local(dotenv: Path) -> None:
    """A fresh clone runs on stand-ins alone."""
    given = read({}, dotenv)
    assert (given.amplitude_is_local, given.cloud_is_local) == (True, True)
    assert given.bucket == LOCAL_BUCKET
    assert given.data_dir == STATE / "data"


def test_a_deployment_is_one_of_your_own_accounts(dotenv: Path) -> None:
    """The stand-ins have no second one; the exported Variable does not reach their Airflow."""
    assert read({DEPLOYMENT: "test"}, dotenv).env[DEPLOYMENT] == ""
    yours = {AWS: "{}", SNOWFLAKE: "{}", BUCKET: "mine", DEPLOYMENT: "test"}
    assert read(yours, dotenv).deployment == "test"


def test_the_example_as_it_is_changes_nothing() -> None:
    """An unedited copy of .env.example sets nothing."""
    example = Path(__file__).parents[2] / ".env.example"
    assert read({}, example) == read({}, example.with_name("no such file"))


def test_amplitude_keys_alone_leave_the_warehouse_local(dotenv: Path) -> None:
    """The user's own events go into the local warehouse."""
    dotenv.write_text(f'{AMPLITUDE}=\'{{"conn_type": "http", "login": "key"}}\'\n')
    given = read({}, dotenv)
    assert (given.amplitude_is_local, given.cloud_is_local) == (False, True)
    assert json.loads(given.env[AMPLITUDE])["login"] == "key"


def test_the_file_takes_precedence_over_the_environment(dotenv: Path) -> None:
    """A value in .env takes precedence over an exported one."""
    dotenv.write_text(f"{BUCKET}=from-the-file\n")
    assert read({BUCKET: "from-the-environment"}, dotenv).bucket == "from-the-file"


@pytest.mark.parametrize(("found", "missing"), [(AWS, SNOWFLAKE), (SNOWFLAKE, AWS)])
def test_one_cloud_connection_without_the_other_is_refused(
    dotenv: Path, found: str, missing: str
) -> None:
    """AWS and Snowflake come together, and the message names the missing one."""
    with pytest.raises(SettingsError, match=f"{found} is set but {missing} is not"):
        read({found: "x"}, dotenv)


def test_real_accounts_need_a_bucket(dotenv: Path) -> None:
    """The bucket has a default on the stand-in only."""
    with pytest.raises(SettingsError, match=BUCKET):
        read({AWS: "x", SNOWFLAKE: "y"}, dotenv)


def test_real_accounts_are_used_as_given(dotenv: Path) -> None:
    """With both connections no stand-in is used."""
    given = read({AWS: "x", SNOWFLAKE: "y", BUCKET: "mine", DATA_DIR: "/volume"}, dotenv)
    assert (given.cloud_is_local, given.bucket, given.data_dir) == (False, "mine", Path("/volume"))


def test_another_airflows_settings_stay_out(dotenv: Path) -> None:
    """An exported Airflow configuration must not lead the local one to another database."""
    exported = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://prod", "AIRFLOW_HOME": "/etc"}
    assert exported.keys().isdisjoint(read(exported, dotenv).env)


def test_exported_aws_credentials_stay_out_of_the_local_stack(dotenv: Path) -> None:
    """A profile of the user's shell never reaches the stand-ins."""
    assert "AWS_PROFILE" not in read({"AWS_PROFILE": "mine"}, dotenv).env


def test_requests_to_the_local_warehouse_time_out_after_half_a_minute() -> None:
    """The connection has time limits, without which the connector retries for ever."""
    connection = json.loads(snowflake("http://127.0.0.1:1234", b"a key")[SNOWFLAKE])
    assert connection["extra"]["network_timeout"] == 30
    assert (connection["extra"]["host"], connection["extra"]["port"]) == ("127.0.0.1", 1234)
