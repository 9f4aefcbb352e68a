"""Deploys include/aws/stack.yaml by change sets: what changes is known before it is done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from amplitude_export.bucket.codes import LOGIN, PASSING, code_of, is_denied, message_of
from amplitude_export.errors import PipelineError, StackRefused, StackUnfinished

log = logging.getLogger(__name__)

TEMPLATE = Path(__file__).resolve().parents[3] / "include" / "aws" / "stack.yaml"
STACK = "amplitude-to-snowflake"
CAPABILITY = "CAPABILITY_NAMED_IAM"
READER_ROLE = "snowflake-amplitude-python"

# A stack that was only looked at (a change set never run) counts as not there.
_NOT_THERE = ("REVIEW_IN_PROGRESS",)
# CloudFormation takes about a minute for the key and the bucket: 10 minutes at the most.
_PATIENCE = {"Delay": 5, "MaxAttempts": 120}
# The words of a change set without changes; it is said in two ways.
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_SEE_EVENTS = (
    "look at the stack's events in CloudFormation. A stack that never came about "
    "(ROLLBACK_COMPLETE) has to be deleted before the next try."
)
_RIGHTS = (
    "give the connection aws_admin an identity that may deploy the stack, or run amplitude_setup "
    "with dry_run, which renders the commands for somebody who may."
)
_CONNECTION = "check login, password and region_name (extra) of the connection aws_admin."
# They hold data, or the key to it, and a replacement would leave both behind.
_KEPT = ("AWS::S3::Bucket", "AWS::KMS::Key")


@dataclass(frozen=True)
class Deployed:
    """The stack's outputs and parameters by name, and a line for each resource that was changed."""

    outputs: dict[str, str]
    parameters: dict[str, str]
    changed: list[str]


def deploy(connect: Callable[[], Any], given: Mapping[str, str]) -> Deployed:
    """Creates the stack or brings it up to date; a parameter that is not given stays as it is.

    `connect` makes boto3's client of CloudFormation. Raises StackRefused when AWS says no, or when
    bucket or key would be replaced, and StackUnfinished when another deployment is under way.
    """
    try:
        return _deploy(connect(), given)
    except ClientError as error:
        raise _stack_error(error) from error
    except BotoCoreError as error:
        raise StackRefused(f"AWS cannot be asked: {error}.", _CONNECTION) from error


def _deploy(client: Any, given: Mapping[str, str]) -> Deployed:
    stack = _describe(client)
    change_set = {"StackName": STACK, "ChangeSetName": f"setup-{uuid4().hex}"}
    kind = "UPDATE" if stack else "CREATE"
    changes = _planned(client, change_set, kind, {**_parameters(stack), **given})
    if changes:
        _refuse_replacement(client, change_set, changes)
        _execute(client, change_set, kind)
    lines = [_line(change) for change in changes]
    log.info("Stack %s: %s", STACK, "; ".join(lines) or "nothing to change.")
    stack = _describe(client)
    outputs = (stack or {}).get("Outputs", [])
    return Deployed(
        {each["OutputKey"]: each["OutputValue"] for each in outputs}, _parameters(stack), lines
    )


def _describe(client: Any) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = client.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] in _NOT_THERE else stack


def _parameters(stack: Mapping[str, Any] | None) -> dict[str, str]:
    given = stack["Parameters"] if stack else []
    return {each["ParameterKey"]: each["ParameterValue"] for each in given}


def _planned(
    client: Any, change_set: Mapping[str, str], kind: str, parameters: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The changes that the new change set would make; without any, it is removed again."""
    client.create_change_set(
        **change_set,
        ChangeSetType=kind,
        TemplateBody=TEMPLATE.read_text(),
        Capabilities=[CAPABILITY],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    )
    try:
        client.get_waiter("change_set_create_complete").wait(**change_set, WaiterConfig=_PATIENCE)
    except WaiterError as error:
        client.delete_change_set(**change_set)
        if any(words in _status_reason(error) for words in _NOTHING):
            return []
        raise StackRefused(
            f"The changes to the stack {STACK} cannot be made: {_status_reason(error) or error}.",
            "mend what CloudFormation names; nothing was changed.",
        ) from error
    pages = client.get_paginator("describe_change_set").paginate(**change_set)
    return [change["ResourceChange"] for page in pages for change in page["Changes"]]


def _execute(client: Any, change_set: Mapping[str, str], kind: str) -> None:
    token = change_set["ChangeSetName"]
    client.execute_change_set(**change_set, ClientRequestToken=token)
    done = client.get_waiter(f"stack_{kind.lower()}_complete")
    try:
        done.wait(StackName=STACK, WaiterConfig=_PATIENCE)
    except WaiterError as error:
        why = _failure(client, token) or error
        raise StackRefused(f"The stack {STACK} did not come about: {why}.", _SEE_EVENTS) from error


def _refuse_replacement(
    client: Any, change_set: Mapping[str, str], changes: Iterable[Mapping[str, Any]]
) -> None:
    replaced = [_line(change) for change in changes if _loses_data(change)]
    if replaced:
        client.delete_change_set(**change_set)
        raise StackRefused(
            f"The stack {STACK} was left as it is, because this would leave data behind: "
            f"{'; '.join(replaced)}.",
            "keep the Variable amplitude_bucket, or delete the stack first: bucket and key stay "
            "when it goes.",
        )


def _loses_data(change: Mapping[str, Any]) -> bool:
    gone = change["Action"] == "Remove" or change.get("Replacement", "False") != "False"
    return change["ResourceType"] in _KEPT and gone


def _line(change: Mapping[str, Any]) -> str:
    replaced = " (replaced)" if change.get("Replacement") == "True" else ""
    return f"{change['Action']} {change['ResourceType']} {change['LogicalResourceId']}{replaced}"


def _status_reason(error: WaiterError) -> str:
    return str(error.last_response.get("StatusReason") or "")


def _failure(client: Any, token: str) -> str | None:
    """The first resource that failed in the operation that has this token."""
    # Newest first, over the stack's whole life; every event bears its operation's token.
    pages = client.get_paginator("describe_stack_events").paginate(StackName=STACK)
    failed = [
        event
        for page in pages
        for event in page["StackEvents"]
        if event.get("ClientRequestToken") == token and event["ResourceStatus"].endswith("_FAILED")
    ]
    if not failed:
        return None
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', '')}"


def _stack_error(error: ClientError) -> PipelineError:
    code, message = code_of(error), message_of(error)
    said = f"AWS returned {code} for {error.operation_name}: {message}"
    # A token of the administrator's is not renewed by a retry, as the uploader's is.
    if code in LOGIN or code == "ExpiredToken":
        return StackRefused(said, _CONNECTION)
    if code in PASSING or "IN_PROGRESS" in message:
        return StackUnfinished(said, "nothing if it passes; otherwise look at the stack's events.")
    return StackRefused(said, _RIGHTS if is_denied(error) else _SEE_EVENTS)
