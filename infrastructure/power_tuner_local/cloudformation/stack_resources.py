"""Creates, updates and deletes the resources of a stack, one by one, in the order of their references."""

import contextlib
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, cast

from moto.cloudformation import parsing

from power_tuner_local.cloudformation.changes import changes_between
from power_tuner_local.cloudformation.template_values import dependencies, exists, wanted_resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from power_tuner_local.cloudformation.changes import Change
    from power_tuner_local.gateway.endpoint import Endpoint

    Told = Callable[[str, str, str, str, str | None], None]

KEPT = "Retain"
KEPT_ONCE_CREATED = "RetainExceptOnCreate"


class ResourceFailed(Exception):
    """A resource could not be created, updated or deleted.

    Attributes:
        logical_id: Its name in the template.
        reason: What its service said.
    """

    def __init__(self, logical_id: str, reason: str) -> None:
        super().__init__(f"{logical_id}: {reason}")
        self.logical_id = logical_id
        self.reason = reason


class StackResources:
    """The resources of one stack.

    Args:
        resources: moto's map of them.
        endpoint: The local AWS that they are in.
        told: Called with logical id, type, physical id, status and reason of each step.
    """

    def __init__(self, resources: parsing.ResourceMap, endpoint: "Endpoint", told: "Told") -> None:
        self._resources = resources
        self._endpoint = endpoint
        self._told = told
        # Resources whose replacement was taken back: they are what they were.
        self._taken_back: frozenset[str] = frozenset()

    def change(self, template: "dict[str, Any]", parameters: "Mapping[str, Any] | None") -> None:
        """Turn the resources into those of a template.

        Raises:
            ResourceFailed: One of them failed; what was done before stays done.
        """
        resources = self._resources
        before, bodies = wanted_resources(resources), dict(resources._resource_json_map)  # noqa: SLF001
        _load(resources, template, parameters)
        found = changes_between(before, wanted_resources(resources))
        changes = {each.logical_id: each for each in found if each.logical_id not in self._taken_back}
        replaced: dict[str, Any] = {}
        try:
            self._make(changes, in_order(template), replaced)
        except ResourceFailed:
            self._take_back(replaced)
            raise
        removed = {name for name, each in changes.items() if each.action == "Remove"}
        for name in reversed(in_order({"Resources": bodies})):
            # what cannot be deleted is left behind, and does not undo the update
            with contextlib.suppress(ResourceFailed):
                if name in replaced:
                    self._delete(name, replaced[name], bodies[name], bodies[name].get("UpdateReplacePolicy"))
                elif name in removed and (gone := resources._parsed_resources.pop(name, None)) is not None:  # noqa: SLF001
                    self._delete(name, gone, bodies[name], bodies[name].get("DeletionPolicy"))

    def _make(self, changes: "Mapping[str, Change]", names: "Sequence[str]", replaced: dict[str, Any]) -> None:
        """Create and update resources; note those that were replaced, which still exist."""
        for name in names:
            change = changes.get(name)
            if change is not None and change.action == "Add":
                self._create(name)
            elif change is not None and self.physical_id(name) is not None:
                if change.replacement in {"True", "Conditional"}:
                    replaced[name] = self._resources._parsed_resources.pop(name)  # noqa: SLF001
                    self._create(name)
                elif "Properties" in change.scope:
                    self._update(name)

    def _take_back(self, replaced: "Mapping[str, Any]") -> None:
        """Put resources in the place of those that replaced them."""
        parsed, bodies = self._resources._parsed_resources, self._resources._resource_json_map  # noqa: SLF001
        for name, former in replaced.items():
            successor = parsed.pop(name, None)
            if successor is not None:
                with contextlib.suppress(ResourceFailed):
                    self._delete(name, successor, bodies[name], None)
            parsed[name] = former
        self._taken_back = frozenset(replaced)

    def delete(self, *, keeping: frozenset[str] = frozenset({KEPT, KEPT_ONCE_CREATED})) -> None:
        """Delete the resources, except those with one of these deletion policies.

        Raises:
            ResourceFailed: One could not be deleted; the others are.
        """
        bodies: Mapping[str, Any] = self._resources._resource_json_map  # noqa: SLF001
        failed: ResourceFailed | None = None
        for name in reversed(in_order({"Resources": bodies})):
            resource = self._resources._parsed_resources.get(name)  # noqa: SLF001
            if resource is None:
                continue
            policy = bodies[name].get("DeletionPolicy")
            try:
                self._delete(name, resource, bodies[name], KEPT if policy in keeping else None)
            except ResourceFailed as error:
                failed = failed or error
            else:
                self._resources._parsed_resources.pop(name)  # noqa: SLF001
        if failed is not None:
            raise failed

    def physical_id(self, name: str) -> str | None:
        """Return the physical id of a resource; None if it does not exist."""
        resource = self._resources._parsed_resources.get(name)  # noqa: SLF001
        return None if resource is None else str(resource.physical_resource_id)

    def _create(self, name: str) -> None:
        body = self._resources._resource_json_map[name]  # noqa: SLF001
        self._told(name, body["Type"], "", "CREATE_IN_PROGRESS", None)
        try:
            created = self._resources[name]
        except Exception as error:
            raise self._failure(name, body["Type"], "CREATE_FAILED", error) from error
        physical_id = str(getattr(created, "physical_resource_id", name))
        self._told(name, body["Type"], physical_id, "CREATE_COMPLETE", None)

    def _update(self, name: str) -> None:
        resources, body = self._resources, self._resources._resource_json_map[name]  # noqa: SLF001
        physical_id = self.physical_id(name) or ""
        self._told(name, body["Type"], physical_id, "UPDATE_IN_PROGRESS", None)
        try:
            updated = parsing.parse_and_update_resource(
                name,
                body,
                resources,
                resources._account_id,  # noqa: SLF001
                resources._region_name,  # noqa: SLF001
            )
        except Exception as error:
            raise self._failure(name, body["Type"], "UPDATE_FAILED", error) from error
        resources._parsed_resources[name] = cast("Any", updated)  # noqa: SLF001
        self._told(name, body["Type"], physical_id, "UPDATE_COMPLETE", None)

    def _delete(self, name: str, resource: Any, body: "Mapping[str, Any]", policy: str | None) -> None:
        physical_id = str(getattr(resource, "physical_resource_id", name))
        if policy in {KEPT, KEPT_ONCE_CREATED}:
            self._told(name, body["Type"], physical_id, "DELETE_SKIPPED", None)
            return
        self._told(name, body["Type"], physical_id, "DELETE_IN_PROGRESS", None)
        try:
            if body["Type"] == "AWS::S3::Bucket":
                # moto would say nothing of a bucket that is not empty
                self._endpoint.client("s3").delete_bucket(Bucket=physical_id)
            else:
                self._resources._delete_resource(resource, dict(body))  # noqa: SLF001
        except Exception as error:
            raise self._failure(name, body["Type"], "DELETE_FAILED", error) from error
        self._told(name, body["Type"], physical_id, "DELETE_COMPLETE", None)

    def _failure(self, name: str, resource_type: str, status: str, error: Exception) -> ResourceFailed:
        reason = str(getattr(error, "message", None) or error)
        self._told(name, resource_type, self.physical_id(name) or "", status, reason)
        return ResourceFailed(name, reason)


def in_order(template: "Mapping[str, Any]") -> list[str]:
    """Return the names of the resources, each after those that it refers to."""
    graph = {name: sorted(dependencies(name, template)) for name in template["Resources"]}
    return [*TopologicalSorter(graph).static_order()]


def planned(resources: parsing.ResourceMap, wanted: parsing.ResourceMap) -> "list[Change]":
    """Return the changes that turn the resources of a stack into those of another template."""
    return changes_between(wanted_resources(resources), wanted_resources(wanted))


def existing(resources: parsing.ResourceMap) -> list[Any]:
    """Return the resources that exist (moto would create the others when they are listed)."""
    bodies: Mapping[str, Any] = resources._resource_json_map  # noqa: SLF001
    found = [resources._parsed_resources.get(name) for name in bodies if exists(bodies[name], resources)]  # noqa: SLF001
    return [each for each in found if each is not None]


def _load(resources: parsing.ResourceMap, template: "dict[str, Any]", parameters: "Mapping[str, Any] | None") -> None:
    """Give moto's map another template and other parameters."""
    resources._template = template  # noqa: SLF001
    if parameters is not None:
        resources.input_parameters = dict(parameters)
    resources.resolved_parameters = {}
    resources.load_mapping()
    resources.load_parameters()
    resources.load_conditions()
    resources._resource_json_map = template["Resources"]  # noqa: SLF001
