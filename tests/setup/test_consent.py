"""A user who can trigger the set-up cannot hand the bucket to a stranger by its parameters."""

from __future__ import annotations

from typing import Any

import pytest
from amplitude_export.deployment import Deployment
from amplitude_export.errors import BadSetting
from amplitude_export.setup.task import create_account_objects, deploy_stack, trust_snowflake

from local.aws import SNOWFLAKE_USER_ARN
from tests.setup.accounts import BUCKET, NOTHING_GIVEN, WORKER, Accounts, set_up

STRANGER = "arn:aws:iam::999999999999:user/stranger"
ACCOUNT = "123456789012"
CONTRADICTED = {
    "trusted user": ({"snowflake_user_arn": STRANGER}, SNOWFLAKE_USER_ARN),
    "account": ({"aws_account_id": "999999999999"}, ACCOUNT),
}
WEAKER = {
    "external id": ({"external_id": "of-a-stranger"}, "chosen-by-hand"),
    "worker": ({"worker_arn": STRANGER}, WORKER["worker_arn"]),
    "retention": ({"retention_days": 1}, "90"),
}


def state(accounts: Accounts) -> Any:
    """Return the parameters of AWS's stack, and the integration's properties at Snowflake."""
    cloudformation = accounts.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=Deployment().stack)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    return parameters, accounts.run("desc integration amplitude_s3")


@pytest.mark.parametrize("accept", [False, True], ids=["unconfirmed", "confirmed"])
@pytest.mark.parametrize(("given", "reported"), CONTRADICTED.values(), ids=CONTRADICTED)
def test_what_the_other_side_reports_wins(
    both_joined: Accounts, given: dict[str, Any], reported: str, accept: bool
) -> None:
    """The error names both values, and no confirmation helps."""
    before = state(both_joined)
    (value,) = given.values()
    with pytest.raises(BadSetting, match=f"is {value}, but (AWS|Snowflake) reports {reported}"):
        set_up({**NOTHING_GIVEN, **given, "accept_weaker": accept})
    assert state(both_joined) == before


@pytest.mark.parametrize(("given", "in_use"), WEAKER.values(), ids=WEAKER)
def test_a_weaker_value_than_the_one_in_use_needs_a_confirmation(
    both_joined: Accounts, given: dict[str, Any], in_use: str
) -> None:
    """The error names both values and the parameter that confirms; nothing changes."""
    before = state(both_joined)
    (value,) = given.values()
    with pytest.raises(BadSetting, match=f"(?s)is {value}, and {in_use} is in use.*accept_weaker"):
        set_up({**NOTHING_GIVEN, **given})
    assert state(both_joined) == before


def test_a_confirmed_change_is_made(both_joined: Accounts) -> None:
    """Both sides get the new external id. To keep objects longer needs no confirmation."""
    given = {"external_id": "rotated", "retention_days": 30, "accept_weaker": True}
    set_up({**NOTHING_GIVEN, **given})
    parameters, integration = state(both_joined)
    assert (parameters["ExternalId"], parameters["RetentionDays"]) == ("rotated", "30")
    assert "rotated" in {row[2] for row in integration}
    set_up({**NOTHING_GIVEN, "retention_days": 90})
    assert state(both_joined)[0]["RetentionDays"] == "90"
    set_up({**NOTHING_GIVEN, "external_id": "chosen-by-hand", "accept_weaker": True})


@pytest.mark.parametrize(
    ("missing", "given", "message"),
    [
        (
            "AIRFLOW_CONN_SNOWFLAKE_ADMIN",
            {"snowflake_user_arn": STRANGER},
            f"is {STRANGER}, and {SNOWFLAKE_USER_ARN} is in use",
        ),
        (
            "AIRFLOW_CONN_SNOWFLAKE_ADMIN",
            {"external_id": "of-a-stranger"},
            "is of-a-stranger, and chosen-by-hand is in use",
        ),
        (
            "AIRFLOW_CONN_AWS_ADMIN",
            {"aws_account_id": "999999999999"},
            f"is 999999999999, but AWS reports {ACCOUNT}",
        ),
    ],
    ids=["trusted user", "external id", "account"],
)
def test_a_side_without_an_administrator_is_no_way_around(
    both_joined: Accounts,
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    given: dict[str, Any],
    message: str,
) -> None:
    """What is in use is then known from the other side, or from the connection of daily runs."""
    before = state(both_joined)
    monkeypatch.delenv(missing)
    with pytest.raises(BadSetting, match=message):
        set_up({**NOTHING_GIVEN, **given})
    assert state(both_joined) == before


ROLE = "arn:aws:iam::999999999999:role/snowflake-amplitude-python"
BY_HAND = [("user_arn", STRANGER), ("external_id", "of-a-stranger"), ("role_arn", ROLE)]


@pytest.mark.parametrize(("name", "value"), BY_HAND, ids=[name for name, _ in BY_HAND])
def test_a_result_by_hand_does_not_change_the_trust(
    both_joined: Accounts, name: str, value: str
) -> None:
    """Each step asks AWS and Snowflake again, and uses what they report."""
    before, given = state(both_joined), {**NOTHING_GIVEN, "accept_weaker": True}
    landing = deploy_stack.function(bucket=BUCKET, params=given)
    forged = create_account_objects.function({**landing, name: value}, bucket=BUCKET, params=given)
    assert forged == create_account_objects.function(landing, bucket=BUCKET, params=given)
    trust_snowflake.function({**forged, name: value}, params=given)
    assert state(both_joined) == before


def test_a_result_by_hand_is_no_way_around_without_snowflakes_administrator(
    both_joined: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the stack keeps its user, and its external id needs the confirmation."""
    monkeypatch.delenv("AIRFLOW_CONN_SNOWFLAKE_ADMIN")
    before = state(both_joined)
    landing = deploy_stack.function(bucket=BUCKET, params=NOTHING_GIVEN)
    done = create_account_objects.function(landing, bucket=BUCKET, params=NOTHING_GIVEN)
    trust_snowflake.function({**done, "user_arn": STRANGER}, params=NOTHING_GIVEN)
    with pytest.raises(BadSetting, match="external_id is of-a-stranger, and chosen-by-hand is in"):
        trust_snowflake.function({**done, "external_id": "of-a-stranger"}, params=NOTHING_GIVEN)
    assert state(both_joined) == before
