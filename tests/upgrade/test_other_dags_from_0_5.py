"""Runs of the other DAGs that began under 0.5.0 continue: networks, set-up, doctor, transform."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.upgrade.deployment import BUCKET, ROOT, Deployment
from tests.upgrade.recorder import GIVEN, TABLES, TRANSFORM, function
from tests.upgrade.recordings import OLD
from tests.upgrade.stub_dbt import dbt_that_builds


def test_ip_networks_are_loaded_from_an_old_fetch(
    today: dict[str, Any], deployment: Deployment, old_volume: Path, bucket: str
) -> None:
    """The file on the volume is the one that 0.5.0 made from the package."""
    outlets: Any = defaultdict(SimpleNamespace)
    loaded = function(today["amplitude_ip_networks"], "load")(
        OLD.xcom("ip_networks", "fetch"),
        bucket=bucket,
        **OLD.place("ip_networks", old_volume),
        outlet_events=outlets,
    )
    assert loaded == OLD.xcom("ip_networks", "load")
    rows = json.loads(json.dumps(deployment.rows(TABLES["ip_networks"]), default=str))
    assert rows == OLD.read("tables/ip_networks.json")


def test_the_set_up_continues_after_a_step_of_0_5(today: dict[str, Any]) -> None:
    """Each step takes the old result of the previous step, and finds nothing to change."""
    dag = today["amplitude_setup"]
    landing = OLD.xcom("setup", "deploy_stack")
    objects = function(dag, "create_account_objects")(landing, BUCKET, params=GIVEN)
    assert objects == OLD.xcom("setup", "create_account_objects") | {"changed": []}
    joined = OLD.xcom("setup", "create_account_objects")
    trust = function(dag, "trust_snowflake")(joined, params=GIVEN)
    assert trust == OLD.xcom("setup", "trust_snowflake") | {"changed": []}
    steps = ("deploy_stack", "create_account_objects", "trust_snowflake", "create_objects")
    for run in ("setup", "setup_rendered"):
        listed = function(dag, "wait_for_stage")(
            [OLD.xcom(run, step) for step in steps], params=GIVEN
        )
        assert listed > 0


@pytest.mark.parametrize("run", ["setup", "doctor"])
def test_the_doctors_report_takes_old_checks(today: dict[str, Any], run: str) -> None:
    """It reports the same checks as 0.5.0, and that of the projects."""
    pushed: dict[str, Any] = {}
    instance = SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))
    before = [OLD.xcom(run, f"doctor.{task}") for task in ("ask_amplitude", "mark_volume")]
    after = [
        OLD.xcom(run, f"doctor.{task}") for task in ("put_probe", "copy_probe", "try_transform")
    ]
    seen = OLD.xcoms(run, "doctor.see_mark")
    function(today["amplitude_doctor"], "doctor.report")(*before, seen, *after, ti=instance)
    report, old = pushed["return_value"], OLD.xcom(run, "doctor.report")
    assert report["ok"] is old["ok"] is True
    names = [check["name"] for check in report["checks"] if check["name"] != "code.projects"]
    assert names == [check["name"] for check in old["checks"]]


@pytest.mark.parametrize("run", ["setup", "doctor"])
def test_an_old_mark_is_found(today: dict[str, Any], old_volume: Path, run: str) -> None:
    """The worker that finds it runs today's code."""
    marked = OLD.xcom(run, "doctor.mark_volume")
    found = function(today["amplitude_doctor"], "doctor.see_mark")(marked, str(old_volume), 0)
    assert found["problem"] == ""


def test_the_remaining_models_of_an_old_transform_are_built(
    today: dict[str, Any], old_volume: Path
) -> None:
    """0.5.0 listed models by names that dbt no longer has; selecting these would build nothing."""
    (run_id,) = {e["run_id"] for e in OLD.read("layers.json")["asset_events"].values()}
    models = {path.stem for path in (ROOT / "include" / "dbt" / "models").rglob("*.sql")}
    with dbt_that_builds({"sessions": "success"}) as folder:
        function(today[TRANSFORM], "build_silver")(data_dir=str(old_volume), run_id=run_id)
        arguments = (folder / "arguments").read_text().split()
    selected = set(arguments[arguments.index("--select") + 1 : arguments.index("--project-dir")])
    assert "tag:silver" in selected or (selected and selected <= models)


def test_gold_takes_old_changes(today: dict[str, Any], old_volume: Path) -> None:
    """The asset event of each gold table has their numbers."""
    outlets: Any = defaultdict(SimpleNamespace)
    changes = OLD.xcom("transform", "find_changes")
    where = OLD.place("transform", old_volume)
    with dbt_that_builds({"fct_events": "success"}):
        function(today[TRANSFORM], "build_gold")(changes, **where, outlet_events=outlets)
    extras = {asset.name: event.extra for asset, event in outlets.items()}
    assert extras == {e["asset"]: e["extra"] for e in OLD.run("transform")["asset_events"]}
