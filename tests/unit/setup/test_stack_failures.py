"""The errors of a refused deployment, made from CloudFormation's responses about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from amplitude_export.errors import StackRefused, StackUnfinished
from amplitude_export.setup.stack import deploy
from botocore.exceptions import NoRegionError
from botocore.stub import Stubber

STACK = "amplitude-to-snowflake"
TOKEN = "setup-0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 9, 24, tzinfo=UTC)
CHANGE_SET = {"StackName": STACK, "ChangeSetName": TOKEN}
DESCRIBED = {**CHANGE_SET, "Status": "CREATE_COMPLETE"}
CHANGE = {
    "Type": "Resource",
    "ResourceChange": {
        "Action": "Modify",
        "LogicalResourceId": "ReaderRole",
        "ResourceType": "AWS::IAM::Role",
        "Replacement": "False",
    },
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client that sends no requests; the name of the change set is known."""
    monkeypatch.setattr("amplitude_export.setup.stack.uuid4", lambda: Named)
    key = {"aws_access_key_id": "key", "aws_secret_access_key": "made-up"}
    return boto3.client("cloudformation", region_name="us-east-1", **key)


class Named:
    hex = TOKEN.removeprefix("setup-")


@pytest.fixture
def cloudformation(client: Any) -> Iterator[Stubber]:
    """CloudFormation's responses, in order; a test has to use all of them."""
    with Stubber(client) as responses:
        yield responses
        responses.assert_no_pending_responses()


def stack(status: str) -> dict[str, Any]:
    return {"Stacks": [{"StackName": STACK, "StackStatus": status, "CreationTime": NOW}]}


def event(token: str, resource: str, status: str, reason: str = "") -> dict[str, Any]:
    return {
        "StackId": "id",
        "EventId": f"{token}-{resource}-{status}",
        "StackName": STACK,
        "Timestamp": NOW,
        "ClientRequestToken": token,
        "LogicalResourceId": resource,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def refusal(client: Any) -> StackRefused:
    with pytest.raises(StackRefused) as raised:
        deploy(lambda: client, STACK, {"BucketName": "bucket"})
    return raised.value


def propose(cloudformation: Stubber) -> None:
    """Add the responses of an update up to its change set."""
    described = stack("UPDATE_COMPLETE")
    described["Stacks"][0]["Parameters"] = []
    cloudformation.add_response("describe_stacks", described, {"StackName": STACK})
    cloudformation.add_response("create_change_set", {"Id": TOKEN})


def test_the_first_failure_of_this_deployment_is_named(
    client: Any, cloudformation: Stubber
) -> None:
    """Earlier deployments have events too; they come newest first, on two pages."""
    propose(cloudformation)
    cloudformation.add_response("describe_change_set", DESCRIBED, CHANGE_SET)
    cloudformation.add_response("describe_change_set", {**DESCRIBED, "Changes": [CHANGE]})
    executed = {**CHANGE_SET, "ClientRequestToken": TOKEN}
    cloudformation.add_response("execute_change_set", {}, executed)
    cloudformation.add_response("describe_stacks", stack("UPDATE_ROLLBACK_COMPLETE"))
    newest = [
        event(TOKEN, "Bucket", "UPDATE_FAILED", "Resource update cancelled"),
        event(TOKEN, "ReaderRole", "UPDATE_FAILED", "the trust is malformed"),
    ]
    oldest = [
        event(TOKEN, STACK, "UPDATE_IN_PROGRESS"),
        event("setup-before", "Key", "CREATE_FAILED", "a failure of last year"),
    ]
    cloudformation.add_response(
        "describe_stack_events", {"StackEvents": newest, "NextToken": "more"}, {"StackName": STACK}
    )
    cloudformation.add_response(
        "describe_stack_events",
        {"StackEvents": oldest},
        {"StackName": STACK, "NextToken": "more"},
    )
    assert "ReaderRole: the trust is malformed" in refusal(client).what


def test_a_failed_change_set_is_deleted_and_its_reason_reported(
    client: Any, cloudformation: Stubber
) -> None:
    """The reason is the change set's own; the stack's events are not requested."""
    propose(cloudformation)
    failed = {**CHANGE_SET, "Status": "FAILED", "StatusReason": "The bucket exists already"}
    cloudformation.add_response("describe_change_set", failed, CHANGE_SET)
    cloudformation.add_response("delete_change_set", {}, CHANGE_SET)
    refused = refusal(client)
    assert "The bucket exists already" in refused.what
    assert "nothing was changed" in refused.do


@pytest.mark.parametrize(
    "code",
    [
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "ExpiredToken",
    ],
)
def test_the_advice_for_a_refused_key_names_the_connection(
    client: Any, cloudformation: Stubber, code: str
) -> None:
    """The stack's events would not help."""
    cloudformation.add_client_error("describe_stacks", code, "No.")
    refused = refusal(client)
    assert code in refused.what
    assert refused.do == (
        "check login, password and region_name (extra) of the connection aws_admin."
    )


def test_the_advice_for_a_missing_region_names_the_connection() -> None:
    """boto3 raises it when the client is made."""

    def connect() -> Any:
        raise NoRegionError()

    with pytest.raises(StackRefused) as raised:
        deploy(connect, STACK, {})
    assert "region" in raised.value.what
    assert "region_name (extra) of the connection aws_admin" in raised.value.do


def test_a_deployment_in_progress_is_retried(client: Any, cloudformation: Stubber) -> None:
    """Another deployment of the stack has not ended."""
    described = stack("UPDATE_IN_PROGRESS")
    described["Stacks"][0]["Parameters"] = []
    cloudformation.add_response("describe_stacks", described)
    busy = "Stack is in UPDATE_IN_PROGRESS state and can not be updated."
    cloudformation.add_client_error("create_change_set", "ValidationError", busy)
    with pytest.raises(StackUnfinished, match="UPDATE_IN_PROGRESS"):
        deploy(lambda: client, STACK, {})
