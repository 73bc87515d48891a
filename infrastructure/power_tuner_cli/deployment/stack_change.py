"""One change of a stack: planned as a change set, then executed or given up."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

_NOTHING = ("didn't contain changes", "No updates are to be performed")
_CAPABILITIES = ["CAPABILITY_IAM"]
_CHANGEABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})
_ABSENT = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A stack as it stands.

    Attributes:
        name: Its name.
        id: Its ARN.
        status: What CloudFormation says of it.
    """

    name: str
    id: str
    status: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def is_tuner(self) -> bool:
        """Return whether it is a tuner's, of any version and in any state."""
        return {"mode", "PowerValues", "lambdaResource", "resultRetentionInDays"} <= self.parameters.keys()

    @property
    def stands(self) -> bool:
        """Return whether all of it is there."""
        return self.status in _CHANGEABLE


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What would become of one resource.

    Attributes:
        action: Add, Modify or Remove.
        replaced: Whether another one takes its place: no, maybe or yes.
    """

    action: str
    name: str
    resource_type: str
    physical_id: str = ""
    replaced: str = "no"


@dataclass(frozen=True, slots=True)
class Plan:
    """A change set that can be executed.

    Attributes:
        id: Its ARN; None if there is nothing to change.
        creates: Whether it makes the stack.
    """

    id: str | None
    stack_id: str
    creates: bool
    changes: list[ResourceChange] = field(default_factory=list)


class StackChange:
    """The changes of a stack, by CloudFormation.

    Args:
        client: A client of CloudFormation.
        name: The stack.
    """

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def standing(self) -> Standing | None:
        """Return the stack as it stands; None if there is none."""
        from botocore.exceptions import ClientError

        try:
            stack = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            return None
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", ())}
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
        return Standing(self.name, stack["StackId"], stack["StackStatus"], parameters, outputs)

    def require_changeable(self, standing: Standing | None) -> Standing | None:
        """Return the stack if it is to be updated, None if it is to be created.

        Raises:
            CliError: It is not a tuner's, or cannot be changed now.
        """
        if standing is None or standing.status in _ABSENT:
            return None
        if standing.status not in _CHANGEABLE:
            advice = (
                "somebody is changing it: wait until that has ended"
                if standing.status.endswith("_IN_PROGRESS")
                else "an earlier change failed: repair it in the CloudFormation console, or delete it with "
                "`power-tuner undeploy`"
            )
            raise CliError(f"The stack {self.name!r} is in {standing.status}: {advice}.", ExitCode.UNREACHABLE)
        if not standing.is_tuner:
            raise CliError(
                f"The stack {self.name!r} is not a power tuner, and is left alone. Name another one with --stack-name."
            )
        return standing

    def require_removable(self, standing: Standing | None, region: str) -> Standing:
        """Return the stack that is to be removed.

        Raises:
            CliError: There is none, it is not a tuner's, or somebody is changing it.
        """
        if standing is None:
            raise CliError(
                f"There is no stack {self.name!r} in {region or 'this region'}: check --stack-name, --region and "
                "--profile.",
                ExitCode.UNREACHABLE,
            )
        if not standing.is_tuner and standing.status != "REVIEW_IN_PROGRESS":
            raise CliError(
                f"The stack {self.name!r} is not a power tuner, and is left alone. Name another one with --stack-name."
            )
        if standing.status.endswith("_IN_PROGRESS") and standing.status not in _ABSENT:
            raise CliError(
                f"The stack {self.name!r} is in {standing.status}: somebody is changing it: wait until that has ended.",
                ExitCode.UNREACHABLE,
            )
        return standing

    def plan(
        self, standing: Standing | None, template_url: str, parameters: Mapping[str, str], known: set[str]
    ) -> Plan:
        """Make a change set, and return what it changes.

        Args:
            standing: The stack, if it is to be updated.
            template_url: Where the template is.
            parameters: The values that are given.
            known: The template's parameters; those not given keep the value of the stack, or get the default.

        Raises:
            CliError: CloudFormation cannot make it.
        """
        values = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        kept = sorted(known & (standing.parameters.keys() if standing else set()) - parameters.keys())
        made = self.client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"power-tuner-{time.time_ns()}",
            ChangeSetType="UPDATE" if standing else "CREATE",
            TemplateURL=template_url,
            Parameters=[*values, *({"ParameterKey": name, "UsePreviousValue": True} for name in kept)],
            Capabilities=_CAPABILITIES,
        )
        described = self._made(made["Id"])
        if described["Status"] == "FAILED":
            reason = described.get("StatusReason", "no reason given")
            self.client.delete_change_set(ChangeSetName=made["Id"])
            if standing and any(each in reason for each in _NOTHING):
                return Plan(None, made["StackId"], creates=False)
            self.give_up_new(standing)
            raise CliError(f"CloudFormation cannot plan this deployment: {reason}", ExitCode.UNREACHABLE)
        pages = self.client.get_paginator("describe_change_set").paginate(ChangeSetName=made["Id"])
        changes = [_change(each["ResourceChange"]) for page in pages for each in page["Changes"]]
        return Plan(made["Id"], made["StackId"], creates=standing is None, changes=changes)

    def discard(self, plan: Plan) -> None:
        """Give a plan up; a stack that was made for it only is gone too."""
        if plan.id:
            self.client.delete_change_set(ChangeSetName=plan.id)
        if plan.creates:
            self.give_up_new(None)

    def give_up_new(self, standing: Standing | None) -> None:
        """Delete a stack that nothing was ever deployed to."""
        now = self.standing() if standing is None else None
        if now is not None and now.status in _ABSENT:
            self.client.delete_stack(StackName=now.id)
            for pause_s in pauses():
                left = self.standing()
                if left is None or left.id != now.id or left.status == "DELETE_FAILED":
                    return
                time.sleep(pause_s)

    def _made(self, change_set: str) -> Any:
        for pause_s in pauses():
            described = self.client.describe_change_set(ChangeSetName=change_set)
            if not described["Status"].endswith(("_IN_PROGRESS", "_PENDING")):
                return described
            time.sleep(pause_s)
        raise AssertionError


def pauses() -> Any:
    """Yield the pauses between two looks, in seconds: short at first."""
    pause_s = 0.1
    while True:
        yield pause_s
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)


def _change(change: Mapping[str, Any]) -> ResourceChange:
    return ResourceChange(
        action=change["Action"],
        name=change["LogicalResourceId"],
        resource_type=change["ResourceType"],
        physical_id=change.get("PhysicalResourceId", ""),
        replaced={"True": "yes", "Conditional": "maybe"}.get(change.get("Replacement", ""), "no"),
    )
