"""Rules on who may do what."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from samtranslator.model.exceptions import InvalidDocumentException

from lint import deployed as template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cfnlint.template import Template

SHORTEST_REASON = 20
# Attached by SAM itself: write logs, write traces; both bounded to what every function needs.
# SAM attaches them by itself; the last one as soon as a function can be put into a VPC.
BASIC_POLICIES = (
    "AWSLambdaBasicExecutionRole",
    "AWSXrayWriteOnlyAccess",
    "AWSXRayDaemonWriteAccess",
    "AWSLambdaVPCAccessExecutionRole",
)
ACTION = re.compile(r"[a-z0-9-]+:[A-Z][A-Za-z]*\*?$")


class NotTransformable(CloudFormationLintRule):
    """SAM can transform the template."""

    id = "E9100"
    shortdesc = description = "The template cannot be transformed by SAM"

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Try the transform."""
        try:
            template.Deployed.of(cfn.template)
        except InvalidDocumentException as error:
            return [RuleMatch(["Resources"], str(cause.message)) for cause in error.causes]
        return []


class OwnRole(template.Rule):
    """Each function and each state machine has a role that nothing else uses."""

    id = "E9101"
    shortdesc = description = "A role is shared, or comes from outside the template"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield roles with more than one user."""
        users: dict[str, list[str]] = defaultdict(list)
        for key, kind in (("Role", "AWS::Lambda::Function"), ("RoleArn", "AWS::StepFunctions::StateMachine")):
            for name, properties in deployed.of_type(kind):
                roles = deployed.named_in(properties.get(key))
                if not roles:
                    yield name, "its role is not in this template; give it one of its own"
                for role in roles:
                    users[role].append(name)
        for role, names in users.items():
            for name in names[1:]:
                yield name, f"uses {role}, the role of {names[0]}; give it one of its own"


class NoManagedPolicy(template.Rule):
    """Rights are written in the template, where they can be read."""

    id = "E9102"
    shortdesc = description = "A managed policy hides what a role may do"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield managed policies other than those that SAM attaches."""
        for name, properties in deployed.of_type("AWS::IAM::Role"):
            for policy in map(template.as_text, template.as_list(properties.get("ManagedPolicyArns"))):
                if not policy.endswith(BASIC_POLICIES):
                    yield (
                        name,
                        f"managed policy {policy}; write its actions as a statement, each with its reason",
                    )


class NamedActions(template.Rule):
    """Actions are named one by one."""

    id = "E9103"
    shortdesc = description = "A statement allows actions that it does not name"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield wildcards among actions, and statements that name what they do not allow."""
        for name, statement in _allowed(deployed):
            for action in template.as_list(statement.get("Action")):
                if "*" in action:
                    yield name, f"action {action!r} has a wildcard; name each action"
            for key in ("NotAction", "NotResource"):
                if key in statement:
                    yield name, f"{key} allows whatever AWS adds tomorrow; name what is allowed"


class ExplainedWildcards(template.Rule):
    """A `*` in a resource has a reason under the template's Metadata: Wildcards: {Sid: reason}."""

    id = "E9104"
    shortdesc = description = "A `*` in a resource has no reason"

    def problems(self, deployed: template.Deployed) -> Iterator[template.Problem]:
        """Yield wildcards without a reason and reasons without a wildcard."""
        reasons = dict(deployed.metadata.get("Wildcards", {}))
        used = set()
        for name, statement in _allowed(deployed):
            sid = statement.get("Sid")
            for resource in template.as_list(statement.get("Resource")):
                text = template.as_text(resource)
                if "*" not in text or deployed.named_in(text.partition("*")[0]):
                    continue
                used.add(sid)
                if len(str(reasons.get(sid, ""))) < SHORTEST_REASON:
                    message = "give the statement a Sid, and Metadata: Wildcards: <Sid> a reason"
                    yield name, f"resource {text!r}: {message}"
        for sid in reasons.keys() - used:
            yield "Wildcards", f"no statement {sid} has a wildcard; remove the reason"


class ReasonedActions(CloudFormationLintRule):
    """Each action that is written in the template says why, in a comment beside or above it."""

    id = "E9105"
    shortdesc = description = "An action does not say why it is needed"

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Read the file itself: a parsed template has no comments."""
        lines = Path(cfn.filename).read_text(encoding="utf-8").splitlines() if cfn.filename else []
        return [
            RuleMatch(
                [],
                f"{action} does not say why; add a comment",
                location=(number, 0, number, len(lines[number])),
            )
            for number, action in _actions(lines)
            if "#" not in lines[number] and not lines[number - 1].lstrip().startswith("#")
        ]


def _actions(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield line number and name of each action in `Action:` blocks."""
    block: int | None = None
    for number, line in enumerate(lines):
        code = line.partition("#")[0].rstrip()
        indent = len(code) - len(code.lstrip(" -"))
        if code.lstrip(" -").startswith("Action:"):
            block = indent
        elif code and not (code.lstrip().startswith("- ") and block is not None and indent >= block):
            block = None
        if block is not None and (found := ACTION.search(code)):
            yield number, found.group()


def _allowed(deployed: template.Deployed) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each statement that allows, with the logical id of the resource that holds it."""
    for name, properties in deployed.of_type("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for policy in (properties, *template.as_list(properties.get("Policies"))):
            for statement in template.as_list(policy.get("PolicyDocument", {}).get("Statement")):
                if statement.get("Effect") == "Allow":
                    yield name, statement
