"""The changes that a deployment would make: resources compared with their references resolved.

moto compares the templates' text, so it misses a changed parameter.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.models import Change, ChangeSet
from moto.cloudformation.parsing import ResourceMap, clean_json, resource_name_property_from_type

from local.aws.patch import replace

Resources = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Difference:
    """The resources by logical id, before and after a deployment."""

    before: Resources
    after: Resources

    @property
    def added(self) -> list[str]:
        """Return the resources that the deployment creates."""
        return [name for name in self.after if name not in self.before]

    @property
    def removed(self) -> list[str]:
        """Return the resources that it deletes."""
        return [name for name in self.before if name not in self.after]

    @property
    def modified(self) -> list[str]:
        """Return the resources that it changes in place or replaces."""
        both = [name for name in self.after if name in self.before]
        return [name for name in both if self.after[name] != self.before[name]]

    def properties(self, name: str) -> list[str]:
        """Return the changed properties of a modified resource, in alphabetical order."""
        before, after = (state[name]["Properties"] for state in (self.before, self.after))
        return sorted(key for key in before | after if before.get(key) != after.get(key))

    def replaces(self, name: str) -> bool:
        """Return whether a modified resource gets a new name, for which it is created again."""
        kind = self.after[name]["Type"]
        return resource_name_property_from_type(kind) in self.properties(name)


def difference(stack: ResourceMap, template: dict[str, Any], given: dict[str, Any]) -> Difference:
    """Return what a deployment of the template with these parameters changes in the stack."""
    before = resolved(stack, stack._template, stack.input_parameters)
    found = Difference(before, resolved(stack, template, given))
    recreated = {name for name in found.modified if found.replaces(name)}
    # A resource that refers to a replaced one changes with it.
    return Difference(before, resolved(stack, template, given, recreated)) if recreated else found


def resolved(
    stack: ResourceMap,
    template: dict[str, Any],
    given: dict[str, Any],
    recreated: Collection[str] = (),
) -> Resources:
    """Return the template's resources whose condition holds, with their references resolved.

    Those in `recreated` count as not created yet.
    """
    trial = ResourceMap(
        stack.stack_id,
        stack._parsed_resources["AWS::StackName"],
        given,
        stack.tags,
        stack._region_name,
        stack._account_id,
        template,
        stack.cross_stack_resources,
    )
    declared = template.get("Resources", {})
    made = {name: stack._parsed_resources.get(name) for name in declared if name not in recreated}
    trial._parsed_resources |= {name: made.get(name) or _ToBe(name) for name in declared}
    trial.load()
    exists = trial.lazy_condition_map
    return {
        name: {"Properties": {}, **clean_json(resource, trial)}
        for name, resource in declared.items()
        if exists.get(resource.get("Condition"), True)
    }


class _ToBe:
    """A substitute for a resource that does not exist yet, so that resolving creates nothing."""

    def __init__(self, name: str) -> None:
        self.physical_resource_id = name

    def get_cfn_attribute(self, attribute: str) -> str:
        return f"{self.physical_resource_id}.{attribute}"


def install() -> None:
    """Show these differences in change sets."""
    replace(ChangeSet, diff=_changes)


def _changes(change_set: ChangeSet) -> list[Change]:
    stack = change_set.stack.resource_map
    found = difference(stack, change_set.template_dict, change_set.parameters)
    actions = {"Add": found.added, "Modify": found.modified, "Remove": found.removed}
    return [
        _change(found, stack, action, name) for action, names in actions.items() for name in names
    ]


def _change(found: Difference, stack: ResourceMap, action: str, name: str) -> Any:
    resource = found.after.get(name) or found.before[name]
    change: Any = Change(action, name, resource["Type"])
    if action != "Add":
        change.physical_resource_id = stack._parsed_resources[name].physical_resource_id
    if action == "Modify":
        change.replacement = str(found.replaces(name))
        change.scope = ["Properties"]
        change.details = [
            {"Target": {"Attribute": "Properties", "Name": key}} for key in found.properties(name)
        ]
    return change
