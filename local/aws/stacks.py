"""The life of a CloudFormation stack: change sets that can fail, and updates.

moto cannot update every resource: here it creates and deletes, and `complete` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.responses import CloudFormationResponse

from local.aws.changes import difference
from local.aws.patch import replace

Complete = Callable[[ResourceMap], None]

_NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
# They differ only in rollbacks, which the stand-in does not have.
_KEEPS = ("Retain", "RetainExceptOnCreate")
_create = ResourceMap.create
_delete = ResourceMap.delete
_create_change_set = CloudFormationBackend.create_change_set
_execute_change_set = CloudFormationBackend.execute_change_set


def install(complete: Complete) -> None:
    """Replace moto's methods; `complete` is called in each change of a stack."""

    def create(resources: ResourceMap, template: dict[str, Any]) -> bool:
        created = _create(resources, template)
        complete(resources)
        return created

    def update(
        resources: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None = None
    ) -> None:
        given = resources.input_parameters if parameters is None else parameters
        _update(resources, template, given, complete)

    replace(ResourceMap, create=create, update=update, delete=_delete_unkept)
    replace(ChangeSet, apply=_apply)
    # A resource whose condition is false is not part of the stack.
    existing = property(lambda stack: list(filter(None, stack.resource_map.values())))
    replace(Stack, stack_resources=existing)
    replace(
        CloudFormationBackend,
        create_change_set=_create_change_set_or_fail,
        execute_change_set=_execute_available,
    )
    replace(CloudFormationResponse, _validate_different_update=_refuse_same)


def _update(
    resources: ResourceMap, template: dict[str, Any], given: dict[str, Any], complete: Complete
) -> None:
    """Create, change, then delete, in the order of CloudFormation."""
    found = difference(resources, template, given)
    replaced = [name for name in found.modified if found.replaces(name)]
    old = {name: resources._parsed_resources.pop(name) for name in (*found.removed, *replaced)}
    resources._template, resources._resource_json_map = template, template["Resources"]
    resources.input_parameters = given
    resources.load()
    for name in (*found.added, *replaced):
        _ = resources[name]
    complete(resources)
    for name, resource in old.items():
        kept = "DeletionPolicy" if name in found.removed else "UpdateReplacePolicy"
        if found.before[name].get(kept) not in _KEEPS:
            resources._delete_resource(resource, found.before[name])


def _delete_unkept(resources: ResourceMap) -> None:
    """Delete all but retained resources; moto knows Retain, but not RetainExceptOnCreate."""
    declared = resources._resource_json_map
    resources._resource_json_map = {
        name: resource
        for name, resource in declared.items()
        if resource.get("DeletionPolicy") not in _KEEPS
    }
    try:
        _delete(resources)
    finally:
        resources._resource_json_map = declared


def _apply(change_set: ChangeSet) -> None:
    stack = change_set.stack
    stack.template, stack.parameters = change_set.template, change_set.parameters
    stack._parse_template()
    stack.description = stack.template_description
    stack.resource_map.update(stack.template_dict, stack.parameters)
    stack.output_map = stack._create_output_map()


def _create_change_set_or_fail(
    backend: CloudFormationBackend, stack_name: str, change_set_type: str, **given: Any
) -> tuple[str, str]:
    if change_set_type == "CREATE":
        _make_room(backend, stack_name)
    ids = _create_change_set(
        backend, stack_name=stack_name, change_set_type=change_set_type, **given
    )
    made = backend.change_sets[ids[0]]
    made.status, made.execution_status, made.status_reason = "CREATE_COMPLETE", "AVAILABLE", None
    if not made.changes:
        made.status, made.execution_status, made.status_reason = (
            "FAILED",
            "UNAVAILABLE",
            _NO_CHANGES,
        )
    return ids


def _make_room(backend: CloudFormationBackend, stack_name: str) -> None:
    """Delete a stack that was only proposed; raise if one of this name exists."""
    for stack in [stack for stack in backend.stacks.values() if stack.name == stack_name]:
        if stack.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                message=f"Stack [{stack_name}] already exists and cannot be created again with "
                "the changeSet."
            )
        del backend.stacks[stack.stack_id]


def _execute_available(
    backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None
) -> None:
    change_set: Any = backend.describe_change_set(change_set_name)
    if change_set.execution_status != "AVAILABLE":
        raise ValidationError(
            message=f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
            f"status of [{change_set.status}]"
        )
    _execute_change_set(backend, change_set.change_set_id, stack_name)


def _refuse_same(
    response: CloudFormationResponse,
    parameters: list[dict[str, Any]] | None,
    template: str,
    stack: Stack,
) -> None:
    # A change set without changes is created, and fails.
    if response._get_action() != "UpdateStack":
        return
    given = response._get_param_values(parameters or [], stack.stack_parameters)
    found = difference(stack.resource_map, Stack.parse_template(template), given)
    if found.before == found.after:
        raise ValidationError(message="No updates are to be performed.")
