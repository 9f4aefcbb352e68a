"""Deploys include/aws/stack.yaml by change sets: every change is known before it is made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from amplitude_export.bucket.codes import LOGIN, TRANSIENT, code_of, is_denied, message_of
from amplitude_export.bucket.denials import Denial
from amplitude_export.bucket.proxies import LOG_IN, refusal
from amplitude_export.errors import PipelineError, StackRefused, StackUnfinished
from amplitude_export.include import INCLUDE, included
from amplitude_export.settings import AWS_ADMIN
from amplitude_export.setup.consent import require_stack_accepted

log = logging.getLogger(__name__)

TEMPLATE = INCLUDE / "aws" / "stack.yaml"
CAPABILITY = "CAPABILITY_NAMED_IAM"

# The stack of a first change set that was never executed has no resources: it counts as missing.
_MISSING = ("REVIEW_IN_PROGRESS",)
# CloudFormation takes about a minute for the key and the bucket. Seconds: 10 minutes at most.
_WAITER = {"Delay": 5, "MaxAttempts": 120}
# CloudFormation has two status reasons for a change set without changes.
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_SEE_EVENTS = (
    "look at the stack's events in CloudFormation. A stack that could not be created "
    "(ROLLBACK_COMPLETE) has to be deleted before the next try."
)
_RIGHTS = (
    "give the connection aws_admin an identity that can deploy the stack, or run amplitude_setup "
    "with dry_run, which renders the commands for an administrator."
)
_CONNECTION = "check login, password and region_name (extra) of the connection aws_admin."
# These have the data or the key to it: a replacement would leave both behind.
_STATEFUL = ("AWS::S3::Bucket", "AWS::KMS::Key")


@dataclass(frozen=True)
class Deployed:
    """The stack's outputs and parameters by name, and a line for each changed resource."""

    outputs: dict[str, str]
    parameters: dict[str, str]
    changed: list[str]


def deploy(
    connect: Callable[[], Any], name: str, given: Mapping[str, str], accepted: bool = False
) -> Deployed:
    """Create the stack `name` or update it; parameters that are not given keep their values.

    `connect` makes boto3's client of CloudFormation. Raises StackRefused if AWS refuses the
    deployment or it would replace bucket or key, StackUnfinished if another one is in progress, and
    BadSetting for a change that has to be `accepted` (consent.py).
    """
    with stack_errors():
        return _deploy(connect(), name, given, accepted)


def deployed(connect: Callable[[], Any], name: str) -> Deployed:
    """Return the stack `name` as AWS reports it, unchanged; empty if it is missing."""
    with stack_errors():
        return _deployed(_describe(connect(), name), [])


@contextmanager
def stack_errors() -> Iterator[None]:
    """Raise StackRefused and StackUnfinished for boto3's errors."""
    try:
        yield
    except ClientError as error:
        raise _stack_error(error) from error
    except BotoCoreError as error:
        if refused := refusal(error):
            raise StackRefused(refused, LOG_IN.format(connection=AWS_ADMIN)) from error
        raise StackRefused(f"AWS could not be called: {error}.", _CONNECTION) from error


def _deploy(client: Any, name: str, given: Mapping[str, str], accepted: bool) -> Deployed:
    stack = _describe(client, name)
    require_stack_accepted(_parameters(stack), given, accepted)
    change_set = {"StackName": name, "ChangeSetName": f"setup-{uuid4().hex}"}
    kind = "UPDATE" if stack else "CREATE"
    changes = _planned(client, change_set, kind, {**_parameters(stack), **given})
    if changes:
        _refuse_replacement(client, change_set, changes)
        _execute(client, change_set, kind)
    lines = [_line(change) for change in changes]
    log.info("Stack %s: %s", name, "; ".join(lines) or "no changes.")
    return _deployed(_describe(client, name), lines)


def _deployed(stack: Mapping[str, Any] | None, changed: list[str]) -> Deployed:
    outputs = (stack or {}).get("Outputs", [])
    return Deployed(
        {each["OutputKey"]: each["OutputValue"] for each in outputs}, _parameters(stack), changed
    )


def _describe(client: Any, name: str) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] in _MISSING else stack


def _parameters(stack: Mapping[str, Any] | None) -> dict[str, str]:
    given = stack["Parameters"] if stack else []
    return {each["ParameterKey"]: each["ParameterValue"] for each in given}


def _planned(
    client: Any, change_set: Mapping[str, str], kind: str, parameters: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Create the change set and return its changes; one without changes is deleted again."""
    client.create_change_set(
        **change_set,
        ChangeSetType=kind,
        TemplateBody=included(TEMPLATE).read_text(),
        Capabilities=[CAPABILITY],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    )
    name = change_set["StackName"]
    try:
        client.get_waiter("change_set_create_complete").wait(**change_set, WaiterConfig=_WAITER)
    except WaiterError as error:
        client.delete_change_set(**change_set)
        if any(words in _status_reason(error) for words in _NO_CHANGES):
            return []
        raise StackRefused(
            f"The changes to the stack {name} cannot be made: {_status_reason(error) or error}.",
            "fix what CloudFormation reports; nothing was changed.",
        ) from error
    pages = client.get_paginator("describe_change_set").paginate(**change_set)
    return [change["ResourceChange"] for page in pages for change in page["Changes"]]


def _execute(client: Any, change_set: Mapping[str, str], kind: str) -> None:
    name, token = change_set["StackName"], change_set["ChangeSetName"]
    client.execute_change_set(**change_set, ClientRequestToken=token)
    done = client.get_waiter(f"stack_{kind.lower()}_complete")
    try:
        done.wait(StackName=name, WaiterConfig=_WAITER)
    except WaiterError as error:
        why = _failure(client, change_set) or error
        raise StackRefused(
            f"The stack {name} could not be deployed: {why}.", _SEE_EVENTS
        ) from error


def _refuse_replacement(
    client: Any, change_set: Mapping[str, str], changes: Iterable[Mapping[str, Any]]
) -> None:
    replaced = [_line(change) for change in changes if _loses_data(change)]
    if replaced:
        client.delete_change_set(**change_set)
        raise StackRefused(
            f"The stack {change_set['StackName']} was not changed, because this would leave data "
            f"behind: {'; '.join(replaced)}.",
            "set the Variable amplitude_bucket back to the previous bucket, or delete the stack "
            "first: its bucket and key are retained.",
        )


def _loses_data(change: Mapping[str, Any]) -> bool:
    gone = change["Action"] == "Remove" or change.get("Replacement", "False") != "False"
    return change["ResourceType"] in _STATEFUL and gone


def _line(change: Mapping[str, Any]) -> str:
    replaced = " (replaced)" if change.get("Replacement") == "True" else ""
    return f"{change['Action']} {change['ResourceType']} {change['LogicalResourceId']}{replaced}"


def _status_reason(error: WaiterError) -> str:
    return str(error.last_response.get("StatusReason") or "")


def _failure(client: Any, change_set: Mapping[str, str]) -> str | None:
    """Return the first resource that failed in the operation of the change set, and why."""
    # The events of the stack's whole life, newest first; each has its operation's token.
    events = client.get_paginator("describe_stack_events")
    pages = events.paginate(StackName=change_set["StackName"])
    failed = [
        event
        for page in pages
        for event in page["StackEvents"]
        if event.get("ClientRequestToken") == change_set["ChangeSetName"]
        and event["ResourceStatus"].endswith("_FAILED")
    ]
    if not failed:
        return None
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', '')}"


def _stack_error(error: ClientError) -> PipelineError:
    code, message = code_of(error), message_of(error)
    what = f"AWS returned {code} for {error.operation_name}: {message}"
    # Unlike the uploader's, an administrator's expired token is not renewed by a retry.
    if code in LOGIN or code == "ExpiredToken":
        return StackRefused(what, _CONNECTION)
    if code in TRANSIENT or "IN_PROGRESS" in message:
        return StackUnfinished(what, "no action needed; if it persists, see the stack's events.")
    if is_denied(error):
        return StackRefused(what, Denial.of(message).advice(AWS_ADMIN) or _RIGHTS)
    return StackRefused(what, _SEE_EVENTS)
