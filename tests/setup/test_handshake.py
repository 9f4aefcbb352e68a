"""The set-up joins two accounts; a second run, a dry run, and steps that fail."""

from __future__ import annotations

import shlex
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from amplitude_export.deployment import Deployment
from amplitude_export.errors import StageNotAccessible, WarehouseRefused
from amplitude_export.setup import stack, stage
from amplitude_export.setup.task import (
    create_account_objects,
    create_objects,
    deploy_stack,
    trust_snowflake,
    wait_for_stage,
)
from amplitude_export.warehouse.hook import WarehouseHook

from local.aws import SNOWFLAKE_USER_ARN
from local.export_api import ExportApi
from local.launcher import connections
from tests.setup.accounts import BUCKET, NOTHING_GIVEN, WORKER, Accounts, set_up

SAMPLE = date(2026, 9, 24)
# All parameters, since `dag.test()` keeps those of a run for the next one in the process.
GIVEN = {**NOTHING_GIVEN, **WORKER}
NOT_TRUSTED = r"(?s)after 0 s.*Error assuming AWS_ROLE.*external id"
STEPS = ("deploy_stack", "create_account_objects", "trust_snowflake", "create_objects")
READER = "arn:aws:iam::123456789012:role/snowflake-amplitude-python"
UNKNOWN = "<STORAGE_AWS_IAM_USER_ARN of: desc integration amplitude_s3>"
ROWS = "select count(*), count(distinct json_data:uuid::string) from amplitude.raw.amplitude_raw"


def results(run: Any) -> dict[str, Any]:
    """Return the result of each task."""
    return {ti.task_id: ti.xcom_pull(task_ids=ti.task_id) for ti in run.get_task_instances()}


def changed(run: Any) -> list[str]:
    found = results(run)
    return [line for step in STEPS for line in found[step]["changed"]]


def test_one_run_joins_two_empty_accounts_and_a_second_changes_nothing(
    accounts: Accounts, dags: dict[str, Any], api: ExportApi, volume: Path
) -> None:
    """All checks of the doctor pass, and a day can be loaded."""
    first = dags["amplitude_setup"].test(run_conf=GIVEN)
    assert first.state == "success"
    assert "Add AWS::KMS::Key Key" in changed(first)
    assert "Modify AWS::IAM::Role ReaderRole" in changed(first)
    assert "Table AMPLITUDE_RAW successfully created." in changed(first)
    assert any(line.startswith("+ grant INSERT on TABLE") for line in changed(first))

    midnight = datetime.combine(SAMPLE, datetime.min.time(), tzinfo=UTC)
    assert dags["amplitude_to_snowflake"].test(logical_date=midnight).state == "success"
    assert accounts.run(ROWS) == [(19, 18)]

    second = dags["amplitude_setup"].test(run_conf=GIVEN)
    assert second.state == "success"
    assert changed(second) == []
    assert accounts.run(ROWS) == [(19, 18)]


def test_a_dry_run_changes_nothing_and_its_text_run_by_hand_joins_the_accounts(
    accounts: Accounts, dags: dict[str, Any], api: ExportApi, volume: Path
) -> None:
    """After its commands and SQL have run in order, the stage can be listed."""
    dry = dags["amplitude_setup"].test(run_conf={**GIVEN, "dry_run": True})
    assert dry.state == "success"
    assert accounts.stacks() == []
    assert accounts.run("show integrations") == []
    texts = {step: done["run"] for step, done in results(dry).items() if step in STEPS}

    deploy_by_hand(accounts, texts["deploy_stack"])
    accounts.run(texts["create_account_objects"])
    (user_arn,) = (
        value
        for name, _, value, _ in accounts.run("desc integration amplitude_s3")
        if name == "STORAGE_AWS_IAM_USER_ARN"
    )
    deploy_by_hand(accounts, texts["trust_snowflake"].replace(UNKNOWN, user_arn))
    accounts.run(texts["create_objects"])
    assert wait_for_stage.function([], params=NOTHING_GIVEN) == 0


def test_the_steps_of_a_side_without_an_administrator_are_rendered(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without aws_admin, the command has Snowflake's values, and Snowflake's side is created."""
    monkeypatch.delenv("AIRFLOW_CONN_AWS_ADMIN")
    given = {**NOTHING_GIVEN, "external_id": "pinned-by-hand"}
    landing = deploy_stack.function(bucket=BUCKET, params=given)
    done = create_account_objects.function(landing=landing, bucket=BUCKET, params=given)
    trust = trust_snowflake.function(joined=done, params=given)
    assert accounts.stacks() == []
    assert f"BucketName={BUCKET}" in landing["run"]
    assert "--region us-east-1" in landing["run"]
    role = dict(row[:3:2] for row in accounts.run("desc integration amplitude_s3"))
    assert role["STORAGE_AWS_ROLE_ARN"] == READER
    assert "Integration AMPLITUDE_S3 successfully created." in done["changed"]
    assert f"SnowflakeUserArn={SNOWFLAKE_USER_ARN}" in trust["run"]
    assert "ExternalId=pinned-by-hand" in trust["run"]


def test_two_dry_runs_render_the_same_text(
    untouched: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two administrators can run them on two days, with or without a connection."""
    monkeypatch.delenv("AIRFLOW_CONN_AWS_ADMIN")
    given = {**NOTHING_GIVEN, "dry_run": True}
    landing = deploy_stack.function(bucket=BUCKET, params=given)
    first = create_account_objects.function(landing=landing, bucket=BUCKET, params=given)
    monkeypatch.delenv("AIRFLOW_CONN_SNOWFLAKE_ADMIN")
    second = create_account_objects.function(landing=landing, bucket=BUCKET, params=given)
    assert first["external_id"] in first["run"]
    assert first == second


def test_a_set_up_with_one_administrator_does_not_break_the_trust(
    both_joined: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The external id was chosen by hand; either administrator's connection is missing."""
    again = {**NOTHING_GIVEN, "snowflake_user_arn": SNOWFLAKE_USER_ARN}
    for missing in ("AIRFLOW_CONN_SNOWFLAKE_ADMIN", "AIRFLOW_CONN_AWS_ADMIN"):
        with monkeypatch.context() as patch:
            patch.delenv(missing)
            assert [line for step in set_up(again) for line in step["changed"]] == []
        assert wait_for_stage.function([], params=NOTHING_GIVEN) == 0


def test_missing_objects_are_restored_and_reported(both_joined: Accounts) -> None:
    """A role, a grant, and the columns that version 0.1 does not have were removed."""
    added = ("quarantined", "exported_at", "replaced_events", "replaced_run_id")
    both_joined.run(
        "".join(f"alter table amplitude.raw.amplitude_loads drop column {name};" for name in added)
        + "revoke role amplitude_loader from user amplitude_airflow;"
        "revoke insert on table amplitude.raw.amplitude_raw from role amplitude_loader"
    )
    changed = [line for step in set_up(NOTHING_GIVEN) for line in step["changed"]]
    assert sorted(changed) == [
        "+ column amplitude_loads.EXPORTED_AT = TIMESTAMP_NTZ(9)",
        "+ column amplitude_loads.QUARANTINED = NUMBER(38,0)",
        "+ column amplitude_loads.REPLACED_EVENTS = NUMBER(38,0)",
        "+ column amplitude_loads.REPLACED_RUN_ID = VARCHAR(16777216)",
        "+ grant INSERT on TABLE AMPLITUDE.RAW.AMPLITUDE_RAW to AMPLITUDE_LOADER",
        "+ role AMPLITUDE_LOADER to USER AMPLITUDE_AIRFLOW",
    ]


def test_the_doctor_runs_after_a_failed_step(
    accounts: Accounts, dags: dict[str, Any], api: ExportApi, volume: Path, monkeypatch: Any
) -> None:
    """AWS's side was only rendered: the stage cannot be listed, and the report names the cause."""
    monkeypatch.delenv("AIRFLOW_CONN_AWS_ADMIN")
    run = dags["amplitude_setup"].test(run_conf=GIVEN)
    assert run.state == "failed"
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    assert (states["wait_for_stage"], states["doctor.report"]) == ("failed", "failed")
    report = {check["name"]: check["state"] for check in results(run)["doctor.report"]["checks"]}
    assert report["snowflake.login"] == "ok"
    assert report["bucket.credentials"] == "failed"


def test_the_error_of_an_inaccessible_stage_names_the_reason(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role does not exist yet: the error has Snowflake's message and advice on the trust."""
    monkeypatch.delenv("AIRFLOW_CONN_AWS_ADMIN")
    landing = deploy_stack.function(bucket=BUCKET, params=NOTHING_GIVEN)
    create_account_objects.function(landing=landing, bucket=BUCKET, params=NOTHING_GIVEN)
    create_objects.function(bucket=BUCKET, params=NOTHING_GIVEN)
    with pytest.raises(
        StageNotAccessible, match=r"(?s)after 0 s.*Error assuming AWS_ROLE.*external id"
    ):
        stage.wait_for_stage(WarehouseHook().get_conn, patience=0)


def test_a_refused_login_ends_the_wait_at_once(untouched: Accounts) -> None:
    """The user does not exist, which no trust can fix; the advice names the connection."""
    with pytest.raises(WarehouseRefused, match="(?s)open a session.*snowflake_default"):
        stage.wait_for_stage(WarehouseHook().get_conn, patience=3600)


def test_a_key_that_is_being_rotated_in_does_not_replace_the_first_one(
    both_joined: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new key is the user's second one, also after a set-up that connects with it."""
    landing = deploy_stack.function(bucket=BUCKET, params=NOTHING_GIVEN)
    first = user_of_the_loads(both_joined)["RSA_PUBLIC_KEY_FP"]
    new = connections.snowflake(
        both_joined.warehouse.url, connections.private_key(tmp_path / "new")
    )
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", new["AIRFLOW_CONN_SNOWFLAKE_DEFAULT"])
    second = WarehouseHook().names(Deployment())
    both_joined.run(f"alter user amplitude_airflow set rsa_public_key_2 = '{second.public_key}'")
    done = create_account_objects.function(landing=landing, bucket=BUCKET, params=NOTHING_GIVEN)
    assert done["changed"] == []
    user = user_of_the_loads(both_joined)
    assert (user["RSA_PUBLIC_KEY_FP"], user["RSA_PUBLIC_KEY_2_FP"]) == (first, second.fingerprint)


def user_of_the_loads(accounts: Accounts) -> dict[str, str]:
    return {row[0]: row[1] for row in accounts.run("desc user amplitude_airflow")}


def deploy_by_hand(accounts: Accounts, command: str) -> None:
    """Deploy as the AWS CLI does: parameters that the command does not name keep their values."""
    words = shlex.split(command.replace("\\\n", " "))
    pairs = words[words.index("--parameter-overrides") + 1 :]
    assert words[:3] == ["aws", "cloudformation", "deploy"]
    given = dict(pair.split("=", 1) for pair in pairs)
    name = words[words.index("--stack-name") + 1]
    stack.deploy(lambda: accounts.client("cloudformation"), name, given)
