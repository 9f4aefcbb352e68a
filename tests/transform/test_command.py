"""dbt as the tasks run it: its command, in its environment, on the warehouse."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.deployment import Deployment
from amplitude_export.errors import BadSetting, ModelsFailed, TestsFailed
from amplitude_export.shared_folders import TransformFolder
from amplitude_export.transform.dbt import PROJECT, Dbt
from amplitude_export.transform.profile import Profile

from tests.pipeline.stand_ins import NAMES
from tests.transform.warehouse import ROOT, Chain, generated

PASSWORD = "made-up and secret"
# The statements of models, seeds and tests.
MAINS = r"\b(create or replace|insert|delete from|count\(\*\) as failures)\b"


@pytest.fixture
def dbt(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> Dbt:
    """Return the command as a worker finds it, among the variables of another project.

    The first would fail, the second would build nothing and succeed.
    """
    monkeypatch.setenv("DBT_FULL_REFRESH", "neither true nor false")
    monkeypatch.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "model")
    monkeypatch.setenv("PATH", f"{ROOT / '.venv-dbt' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    login = {**chain.warehouse.connection(), "warehouse": NAMES.warehouse, "password": PASSWORD}
    return Dbt.found(Profile.of(login, Deployment()))


@pytest.fixture
def staged(chain: Chain, dbt: Dbt) -> Iterator[Chain]:
    """Load a day and build silver's first table; faults are removed afterwards."""
    chain.hold({date(2026, 5, 1): generated(date(2026, 5, 1), 30)})
    for command in (
        ["run", "--select", "tag:changes"],
        ["run", "--select", "base_amplitude__events"],
    ):
        assert chain.worker.run(*command).success
    yield chain
    chain.warehouse.recover()


def test_the_next_attempt_builds_only_the_failed_model(
    staged: Chain, dbt: Dbt, tmp_path: Path
) -> None:
    remaining = TransformFolder.of(tmp_path).open().remaining("silver", "a-run")
    comment = r'[\s\S]*"model\.amplitude\.stg_amplitude__repeats"'
    staged.warehouse.fail("refuse", statement=rf"^\s*create or replace\b{comment}", times=None)
    select = ["stg_amplitude__repeats", "affected_days"]
    with pytest.raises(ModelsFailed, match=" stg_repeats: .*SQL execution canceled") as failed:
        dbt.build(select, ["--full-refresh"], remaining)
    assert "What to do: " in str(failed.value)
    names = json.loads(remaining.read_text())
    assert "stg_amplitude__repeats" in names
    assert "affected_days" not in names

    staged.warehouse.recover()
    nodes = dbt.build(select, ["--full-refresh"], remaining)

    assert {node.name for node in nodes if node.kind == "model"} == {"stg_repeats"}
    assert not remaining.exists()


def test_what_a_run_of_0_5_0_left_is_not_selected_by_its_old_names(tmp_path: Path) -> None:
    """Its file has another name: dbt would find no `stg_repeats`, and build nothing."""
    remaining = TransformFolder.of(tmp_path).open().remaining("silver", "manual__1")
    assert remaining.name.endswith(".silver.nodes.json")


def test_a_failed_test_stops_the_models_that_follow(
    staged: Chain, dbt: Dbt, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    duplicate = "insert into silver.base_events select * from silver.base_events limit 1"
    staged.rows(duplicate)
    remaining = tmp_path / "silver.json"
    with caplog.at_level(logging.INFO), pytest.raises(TestsFailed, match="base_amplitude__events"):
        dbt.build(["unique_key_base_amplitude__events_source_file__source_row"], [], remaining)
    assert any("base_amplitude__events" in name for name in json.loads(remaining.read_text()))
    assert "FAIL" in caplog.text
    assert PASSWORD not in caplog.text


def test_every_session_has_the_rights_of_the_transformer_alone(staged: Chain) -> None:
    """Even if the user's other roles are secondary by default: a model, a seed and tests."""
    staged.warehouse.fail("other_roles", statement=MAINS, times=None)
    outcome = staged.worker.run("build", "--select", "tag:seeds", "base_amplitude__events")
    assert outcome.success, outcome
    assert {"base_amplitude__events", "free_mail_domains"} < outcome.nodes.keys()
    assert any(name.startswith("unique_key_") for name in outcome.nodes)


def test_a_command_that_selects_no_model_fails(dbt: Dbt) -> None:
    with pytest.raises(ModelsFailed, match="exited with code 2 before it reached a model"):
        dbt.run("run", "--select", "tag:changes", "--no-such-option")


def test_without_dbt_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadSetting, match=r"requirements-dbt\.txt"):
        Dbt.found(Profile("", {}))


def test_a_profile_holds_no_secret(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "account": "acme-eu",
        "user": "AMPLITUDE_AIRFLOW",
        "role": "AMPLITUDE_LOADER",
        "warehouse": "AMPLITUDE",
        "database": "AMPLITUDE",
        "schema": "RAW",
        "private_key": b"\x30\x82secret",
        "password": "",
        "session_parameters": {"QUERY_TAG": "x"},
    }
    profile = Profile.of(given, Deployment())
    profile.write(tmp_path)
    text = (tmp_path / "profiles.yml").read_text()
    output = json.loads(text)["amplitude"]["outputs"]["warehouse"]
    assert output["role"] == "AMPLITUDE_TRANSFORMER"
    assert output["private_key"] == "{{ env_var('DBT_ENV_SECRET_PRIVATE_KEY') }}"
    assert output["reuse_connections"] is False
    assert "password" not in output
    assert profile.environment == {
        "DBT_ENV_SECRET_PRIVATE_KEY": "MIJzZWNyZXQ=",
        "DBT_RAW_SCHEMA": "RAW",
    }


def test_the_project_is_where_the_package_looks_for_it() -> None:
    assert (PROJECT / "dbt_project.yml").exists()


def test_an_attempt_after_an_upgrade_builds_the_whole_layer(
    staged: Chain, dbt: Dbt, tmp_path: Path
) -> None:
    """A model that remained is gone: the list is removed, and the retry does not use it."""
    remaining = tmp_path / "silver.nodes.json"
    remaining.write_text('["affected_days", "renamed_since"]')
    with pytest.raises(ModelsFailed, match="'renamed_since' does not match any enabled nodes"):
        dbt.build(["tag:changes"], [], remaining)
    nodes = dbt.build(["tag:changes"], [], remaining)
    assert {"affected_days", "affected_devices"} <= {node.name for node in nodes}
