"""What a new template changes in a stack: as a change set lists it, and as it is then done."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from power_tuner_local.cloudformation.template_values import references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Properties that cannot change in place: createOnlyProperties of AWS's published resource schemas.
CREATE_ONLY: dict[str, tuple[str, ...]] = {
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::DynamoDB::GlobalTable": ("TableName",),
    "AWS::DynamoDB::Table": ("TableName", "ImportSourceSpecification"),
    "AWS::Events::EventBus": ("Name",),
    "AWS::Events::EventBusPolicy": ("EventBusName", "StatementId"),
    "AWS::Events::Rule": ("Name",),
    "AWS::IAM::Role": ("Path", "RoleName"),
    "AWS::Kinesis::Stream": ("Name",),
    "AWS::Lambda::Function": ("FunctionName", "PackageType", "TenancyConfig"),
    "AWS::Lambda::LayerVersion": (
        "CompatibleRuntimes",
        "LicenseInfo",
        "CompatibleArchitectures",
        "LayerName",
        "Description",
        "Content",
    ),
    "AWS::Lambda::Permission": (
        "FunctionName",
        "FunctionUrlAuthType",
        "InvokedViaFunctionUrl",
        "SourceAccount",
        "SourceArn",
        "Principal",
        "PrincipalOrgID",
        "Action",
        "EventSourceToken",
    ),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName", "BucketNamePrefix", "BucketNamespace"),
    "AWS::S3::BucketPolicy": ("Bucket",),
    "AWS::SNS::Topic": ("TopicName", "FifoTopic"),
    "AWS::SQS::Queue": ("FifoQueue", "QueueName"),
    "AWS::SSM::Parameter": ("Name",),
    "AWS::Scheduler::Schedule": ("Name",),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "StateMachineType"),
}
# The same, for conditionalCreateOnlyProperties.
CONDITIONALLY_CREATE_ONLY: dict[str, tuple[str, ...]] = {
    "AWS::DynamoDB::GlobalTable": ("LocalSecondaryIndexes", "GlobalTableSourceArn", "KeySchema"),
    "AWS::DynamoDB::Table": ("KeySchema",),
    "AWS::Events::Rule": ("EventBusName",),
    "AWS::Lambda::Function": ("DurableConfig",),
}
_ATTRIBUTES = ("Metadata", "DeletionPolicy", "UpdateReplacePolicy")


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one resource.

    Attributes:
        action: Add, Modify or Remove, as AWS names them.
        replacement: True, False or Conditional, of a resource that is modified.
    """

    action: str
    logical_id: str
    resource_type: str
    replacement: str | None = None
    scope: tuple[str, ...] = ()
    details: list[dict[str, Any]] = field(default_factory=list)

    def public(self, physical_id: str | None) -> dict[str, Any]:
        """Return the change as DescribeChangeSet lists it."""
        change = {
            "Action": self.action,
            "LogicalResourceId": self.logical_id,
            "ResourceType": self.resource_type,
            "Scope": list(self.scope),
            "Details": self.details,
            "PhysicalResourceId": physical_id,
            "Replacement": self.replacement,
        }
        return {
            "Type": "Resource",
            "ResourceChange": {key: value for key, value in change.items() if value is not None},
        }


def changes_between(before: "Mapping[str, Any]", after: "Mapping[str, Any]") -> list[Change]:
    """Return what turns the resources of one template into those of another."""
    added = [Change("Add", name, body["Type"]) for name, body in after.items() if name not in before]
    removed = [Change("Remove", name, body["Type"]) for name, body in before.items() if name not in after]
    modified: dict[str, Change] = {}
    # A resource that is replaced has another name, which changes those that refer to it, and so on.
    while True:
        found = {
            name: change
            for name in after
            if name in before and (change := _modification(name, before[name], after[name], modified))
        }
        if found.keys() == modified.keys() and all(found[name] == modified[name] for name in found):
            return [*modified.values(), *added, *removed]
        modified = found


def _modification(
    name: str, old: "Mapping[str, Any]", new: "Mapping[str, Any]", others: "Mapping[str, Change]"
) -> Change | None:
    properties = new.get("Properties", {})
    details = [*_own(new["Type"], old.get("Properties", {}), properties), *_caused(new["Type"], properties, others)]
    details += [
        {"Target": {"Attribute": each}, "Evaluation": "Static", "ChangeSource": "DirectModification"}
        for each in _ATTRIBUTES
        if old.get(each) != new.get(each)
    ]
    if not details:
        return None
    scope = dict.fromkeys(str(each["Target"]["Attribute"]) for each in details)
    return Change("Modify", name, new["Type"], _replacement(details), tuple(scope), details)


def _own(resource_type: str, old: "Mapping[str, Any]", new: "Mapping[str, Any]") -> "Iterator[dict[str, Any]]":
    """Yield the details of the properties that the new template writes in another way."""
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": _recreation(resource_type, name)}
            yield {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _caused(
    resource_type: str, properties: "Mapping[str, Any]", others: "Mapping[str, Change]"
) -> "Iterator[dict[str, Any]]":
    """Yield the details of the properties that refer to a resource that gets another name or another attribute."""
    for name, value in sorted(properties.items()):
        for referred, attribute in dict.fromkeys(references(value)):
            cause = others.get(referred)
            if cause is None or (cause.replacement == "False" and not _changes(cause, attribute)):
                continue
            target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": _recreation(resource_type, name)}
            source = "ResourceReference" if attribute is None else "ResourceAttribute"
            entity = referred if attribute is None else f"{referred}.{attribute}"
            yield {"Target": target, "Evaluation": "Dynamic", "ChangeSource": source, "CausingEntity": entity}


def _changes(change: Change, attribute: str | None) -> bool:
    return attribute in {each["Target"].get("Name") for each in change.details}


def _recreation(resource_type: str, name: str) -> str:
    if name in CREATE_ONLY.get(resource_type, ()):
        return "Always"
    return "Conditionally" if name in CONDITIONALLY_CREATE_ONLY.get(resource_type, ()) else "Never"


def _replacement(details: list[dict[str, Any]]) -> str:
    needs = {(each["Target"].get("RequiresRecreation", "Never"), each["Evaluation"]) for each in details}
    if ("Always", "Static") in needs:
        return "True"
    return "False" if {need for need, _ in needs} == {"Never"} else "Conditional"
