"""The names of a deployment, and the marks on what it has made."""

from __future__ import annotations

import re

import pytest
from amplitude_export.deployment import Deployment, maker
from amplitude_export.errors import BadSetting

# docs.aws.amazon.com: CreateStack, CreateAlias, "IAM and AWS STS quotas"; docs.snowflake.com:
# "Identifier requirements" of names without quotes, at most 255 characters.
RULES = {
    "stack": r"[A-Za-z][A-Za-z0-9-]{0,127}",
    "key_alias": r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}",
    "uploader": r"[\w+=,.@-]{1,64}",
    "reader_role": r"[\w+=,.@-]{1,64}",
    **dict.fromkeys(
        ("integration", "owner", "transformer", "reader", "analyst"), r"[A-Z_][A-Z0-9_$]{0,254}"
    ),
}


@pytest.mark.parametrize("text", ["", "default"])
def test_the_default_deployment_has_the_names_of_earlier_versions(text: str) -> None:
    """Accounts that were set up before deployments had names stay as they are."""
    deployment = Deployment.of(text)
    assert {name: getattr(deployment, name) for name in RULES} == {
        "stack": "amplitude-to-snowflake",
        "key_alias": "alias/amplitude-to-snowflake",
        "uploader": "amplitude_python_uploader",
        "reader_role": "snowflake-amplitude-python",
        "integration": "AMPLITUDE_S3",
        "owner": "AMPLITUDE_OWNER",
        "transformer": "AMPLITUDE_TRANSFORMER",
        "reader": "AMPLITUDE_READER",
        "analyst": "AMPLITUDE_ANALYST",
    }


@pytest.mark.parametrize("text", ["0", "test", "a2345678901234567890"])
def test_every_name_of_a_deployment_is_its_own_and_keeps_the_vendors_rules(text: str) -> None:
    """The shortest and the longest name too."""
    named, default = Deployment.of(text), Deployment.of("")
    for name, rule in RULES.items():
        assert re.fullmatch(rule, getattr(named, name), re.ASCII), name
        assert getattr(named, name).lower().endswith(text)
        assert getattr(named, name) != getattr(default, name)


@pytest.mark.parametrize(
    "text", ["Test", "te-st", "te_st", "tést", " test", "test\n", "'", "a23456789012345678901"]
)
def test_a_name_that_some_vendor_would_not_take_is_refused(text: str) -> None:
    """The error names the Variable and the rule."""
    with pytest.raises(BadSetting, match=r"amplitude_deployment is .* 1 to 20 lower-case letters"):
        Deployment.of(text)


@pytest.mark.parametrize("name", ["", "test", "test2"])
def test_a_mark_is_found_again(name: str) -> None:
    """In a comment of its own and behind another one, which stays; it is not added twice."""
    deployment = Deployment.of(name)
    for comment in ("", "Web analytics, ask Jo"):
        marked = deployment.marked(comment)
        assert maker(marked) == deployment.name
        assert comment in marked
        assert deployment.marked(marked) == marked
    assert maker(deployment.mark) == deployment.name


def test_what_has_no_mark_belongs_to_the_default_deployment() -> None:
    """Earlier versions made no marks."""
    assert maker("Loads Amplitude events (Airflow)") == "default"
