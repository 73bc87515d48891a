"""Rules on how functions and state machines are seen, and what happens to events that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lint import deployed as template

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTION = "AWS::Lambda::Function"
STATE_MACHINE = "AWS::StepFunctions::StateMachine"


class KeptLogs(template.Rule):
    """Each function and state machine writes to a log group of its own that forgets."""

    id = "E9106"
    shortdesc = description = "Logs go to no log group of this template, or are kept for ever"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield functions and state machines without a log group, and log groups without retention."""
        owners: dict[str, str] = {}
        for name, properties in deployed.of_type(FUNCTION, STATE_MACHINE):
            groups = [
                each
                for each in deployed.named_in(_log_group(properties)) or _by_name(deployed, name, properties)
                if deployed.resources[each]["Type"] == "AWS::Logs::LogGroup"
            ]
            if not groups:
                yield name, "has no AWS::Logs::LogGroup in this template"
            for group in groups:
                if owners.setdefault(group, name) != name:
                    yield name, f"writes to {group}, the log group of {owners[group]}"
        for name, properties in deployed.of_type("AWS::Logs::LogGroup"):
            if "RetentionInDays" not in properties:
                yield name, "has no RetentionInDays, so it keeps logs for ever"


class Traced(template.Rule):
    """Each function and state machine is traced."""

    id = "E9107"
    shortdesc = description = "A function or state machine is not traced"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield what has tracing off."""
        for name, properties in deployed.of_type(FUNCTION):
            if properties.get("TracingConfig", {}).get("Mode") != "Active":
                yield name, "set Tracing: Active"
        for name, properties in deployed.of_type(STATE_MACHINE):
            if not template.is_on(properties.get("TracingConfiguration", {}).get("Enabled")):
                yield name, "set Tracing: {Enabled: true}"


class NoLostEvent(template.Rule):
    """A function that is invoked asynchronously has a place for events that it could not handle."""

    id = "E9108"
    shortdesc = description = "An asynchronously invoked function can lose events"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield functions behind rules, schedules, topics or buckets that drop what fails."""
        invoked = {name for _, target in _targets(deployed) for name in deployed.named_in(target.get("Arn"))}
        for _, properties in deployed.of_type("AWS::SNS::Subscription"):
            invoked.update(deployed.named_in(properties.get("Endpoint")))
        for _, properties in deployed.of_type("AWS::S3::Bucket"):
            for notification in properties.get("NotificationConfiguration", {}).get("LambdaConfigurations", []):
                invoked.update(deployed.named_in(notification.get("Function")))
        caught = {
            name
            for _, properties in deployed.of_type("AWS::Lambda::EventInvokeConfig")
            if properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
            for name in deployed.named_in(properties.get("FunctionName"))
        }
        for name, properties in deployed.of_type(FUNCTION):
            if name in invoked - caught and not properties.get("DeadLetterConfig", {}).get("TargetArn"):
                yield (
                    name,
                    "is invoked asynchronously; give it a DeadLetterQueue or EventInvokeConfig OnFailure",
                )


class NoLostDelivery(template.Rule):
    """A rule or schedule has a place for events that it could not deliver."""

    id = "E9109"
    shortdesc = description = "A rule or schedule can lose events"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield targets without a dead-letter queue."""
        for name, target in _targets(deployed):
            if not target.get("DeadLetterConfig", {}).get("Arn"):
                yield name, "its target has no DeadLetterConfig with an Arn"


def _targets(deployed: template.Deployed) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, properties in deployed.of_type("AWS::Events::Rule"):
        for target in properties.get("Targets", []):
            yield name, target
    for name, properties in deployed.of_type("AWS::Scheduler::Schedule"):
        yield name, properties.get("Target", {})


def _log_group(properties: Any) -> object:
    destinations = properties.get("LoggingConfiguration", {}).get("Destinations", [])
    return properties.get("LoggingConfig", {}).get("LogGroup") or [
        template.as_text(each.get("CloudWatchLogsLogGroup", {}).get("LogGroupArn")) for each in destinations
    ]


def _by_name(deployed: template.Deployed, name: str, properties: Any) -> list[str]:
    names = {f"/aws/lambda/${{{name}}}", f"/aws/lambda/{template.as_text(properties.get('FunctionName'))}"}
    groups = deployed.of_type("AWS::Logs::LogGroup")
    return [group for group, each in groups if template.as_text(each.get("LogGroupName")) in names]
