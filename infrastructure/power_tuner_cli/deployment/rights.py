"""What the roles of a stack may do: the statements of the template, with its conditions evaluated."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from power_tuner_cli.deployment.template import Template

MODES = ("measure", "advise", "apply")


class Grant(NamedTuple):
    """One action that a function or state machine may do, and on what."""

    who: str
    action: str
    resources: tuple[str, ...]


def granted(template: Template, parameters: Mapping[str, str]) -> list[Grant]:
    """Return what the functions and state machines of the template may do, in its order.

    Args:
        template: A SAM template whose functions and state machines have inline policies.
        parameters: Values that differ from the template's defaults.
    """
    return [
        grant
        for name, resource in template.resources(parameters).items()
        for who, policy in _policies(name, resource.get("Properties", {}))
        for grant in _grants(who, policy)
    ]


def _policies(name: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the policies of a resource, each with whose it is; a policy that is a resource itself names its roles."""
    yield from ((name, policy) for policy in properties.get("Policies", []))
    for role in properties.get("Roles", []):
        yield role["Ref"].removesuffix("Role"), properties["PolicyDocument"]


def _grants(who: str, policy: Any) -> Iterator[Grant]:
    for statement in (each for each in policy.get("Statement", []) if each["Effect"] == "Allow"):
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for action in statement["Action"]:
            yield Grant(who, action, tuple(_text(each) for each in resources))


def outside(grants: list[Grant], template: Template, parameters: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what may be done outside the stack: for each resource, the actions.

    Args:
        grants: What is granted.
        template: The template that grants it.
        parameters: The values of its parameters, which may name resources.
    """
    own = {f"${{{name}" for name in template.resources(parameters)} | {
        "stateMachineNamePrefix",
        "stateMachine:fleet",
        "execution:fleet",
        "execution:canary",
    }
    values = template.values(parameters)
    found: dict[str, dict[str, None]] = {}
    for grant in grants:
        for resource in grant.resources:
            if any(each in resource for each in own):
                continue
            found.setdefault(_filled(resource, values), {})[grant.action] = None
    return {resource: sorted(actions) for resource, actions in found.items()}


def _filled(resource: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        resource = resource.replace(f"${{{name}}}", value)
    return resource.replace("${AWS::Region}", "*").replace("${AWS::AccountId}", "*").replace("${Name}", "*")


def _text(resource: Any) -> str:
    """Return an ARN as the template writes it."""
    match resource:
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": [str(text), _]} | {"Fn::Sub": str(text)}:
            return text.replace("arn:${AWS::Partition}:", "arn:*:")
    return str(resource)
