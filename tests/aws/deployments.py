"""Deploy the project's template like an administrator: create a change set, execute it."""

from __future__ import annotations

from itertools import count
from typing import Any

from local.aws import Account
from local.aws.deployment import STACK, TEMPLATE
from tests.aws.callers import BUCKET, administrator


class Deployment:
    """The stack of one account, with the project's template until a test replaces it."""

    def __init__(self, account: Account) -> None:
        self.template = TEMPLATE.read_text()
        self._client = administrator(account, "cloudformation")
        self._names = (f"proposal-{number}" for number in count(1))

    def propose(self, **parameters: str) -> dict[str, Any]:
        """Create a change set and return CloudFormation's description of it."""
        given = {"BucketName": BUCKET, **parameters}
        created = self._client.create_change_set(
            StackName=STACK,
            ChangeSetName=next(self._names),
            ChangeSetType="UPDATE" if self.status().endswith("_COMPLETE") else "CREATE",
            TemplateBody=self.template,
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        described: dict[str, Any] = self._client.describe_change_set(ChangeSetName=created["Id"])
        return described

    def execute(self, proposed: dict[str, Any]) -> None:
        """Execute a change set that `propose` returned."""
        self._client.execute_change_set(ChangeSetName=proposed["ChangeSetId"])

    def deploy(self, **parameters: str) -> dict[str, str]:
        """Propose, execute if that changes something, and return the stack's outputs."""
        proposed = self.propose(**parameters)
        if proposed["Changes"]:
            self.execute(proposed)
        return self.outputs()

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs by name."""
        (stack,) = self._client.describe_stacks(StackName=STACK)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def status(self) -> str:
        """Return the stack's status, "" if it does not exist."""
        stacks = self._client.describe_stacks()["Stacks"]
        return "".join(stack["StackStatus"] for stack in stacks if stack["StackName"] == STACK)

    def resources(self) -> set[str]:
        """Return the logical ids of the stack's resources."""
        listed = self._client.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        return {resource["LogicalResourceId"] for resource in listed}


def changes(proposed: dict[str, Any]) -> dict[str, str]:
    """Return the action of a change set for each resource."""
    listed = [change["ResourceChange"] for change in proposed["Changes"]]
    return {change["LogicalResourceId"]: change["Action"] for change in listed}
