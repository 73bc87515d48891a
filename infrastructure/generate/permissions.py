"""What each mode of the stack may do: the statements of the template, with the template's conditions evaluated."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from samtranslator.yaml_helper import yaml_parse

MODES = ("measure", "advise", "apply")
_NO_VALUE = {"Ref": "AWS::NoValue"}


class Grant(NamedTuple):
    """One action that a function or state machine may do, and on what."""

    who: str
    action: str
    resources: tuple[str, ...]


def granted(template: Path, parameters: Mapping[str, str]) -> list[Grant]:
    """Return what the functions and state machines of the template may do, in its order.

    Args:
        template: a SAM template whose functions and state machines have inline policies.
        parameters: values that differ from the template's defaults.
    """
    document: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))  # type: ignore[no-untyped-call]
    values = {name: each.get("Default", "") for name, each in document["Parameters"].items()} | dict(parameters)
    conditions: dict[str, bool] = {}
    for name, condition in document["Conditions"].items():
        conditions[name] = _holds(condition, values, conditions)
    return [
        grant
        for name, resource in document["Resources"].items()
        if conditions.get(resource.get("Condition", ""), True)
        for policy in _resolved(resource.get("Properties", {}).get("Policies", []), conditions)
        for grant in _grants(name, policy)
    ]


def table(template: Path) -> str:
    """Return a table in Markdown: each action, on what, and in which modes."""
    by_mode = {mode: granted(template, {"mode": mode}) for mode in MODES}
    lines = ["| who | action | on | measure | advise | apply |\n|---|---|---|---|---|---|\n"]
    for who, action, resources in dict.fromkeys(by_mode["apply"]):
        modes = " | ".join("yes" if Grant(who, action, resources) in by_mode[mode] else "" for mode in MODES)
        lines.append(f"| {who} | `{action}` | {', '.join(f'`{each}`' for each in resources)} | {modes} |\n")
    return "".join(lines)


def _holds(condition: Any, values: Mapping[str, Any], known: Mapping[str, bool]) -> bool:
    match condition:
        case {"Fn::Equals": [left, right]}:
            return bool(_value(left, values) == _value(right, values))
        case {"Fn::Not": [inner]}:
            return not _holds(inner, values, known)
        case {"Condition": name}:
            return known[name]
    raise NotImplementedError(f"The condition {condition}: add its function here.")


def _value(node: Any, values: Mapping[str, Any]) -> Any:
    match node:
        case {"Ref": name}:
            return values[name]
        case {"Fn::Join": [separator, {"Ref": name}]}:
            return separator.join(str(values[name]).split(","))
    return node


def _resolved(node: Any, conditions: Mapping[str, bool]) -> Any:
    match node:
        case {"Fn::If": [name, yes, no]}:
            return _resolved(yes if conditions[name] else no, conditions)
        case list():
            return [each for each in (_resolved(item, conditions) for item in node) if each != _NO_VALUE]
        case dict():
            return {key: _resolved(value, conditions) for key, value in node.items()}
    return node


def _grants(who: str, policy: Any) -> Iterator[Grant]:
    for statement in (each for each in policy.get("Statement", []) if each["Effect"] == "Allow"):
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for action in statement["Action"]:
            yield Grant(who, action, tuple(_text(each) for each in resources))


def _text(resource: Any) -> str:
    """Return an ARN as the template writes it."""
    match resource:
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::GetAtt": str(name)}:
            return f"${{{name}}}"
        case {"Fn::Sub": [str(text), _]} | {"Fn::Sub": str(text)}:
            return text.replace("arn:${AWS::Partition}:", "arn:*:")
    return str(resource)
