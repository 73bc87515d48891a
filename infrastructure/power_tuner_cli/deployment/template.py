"""The tuner's template: its parameters, conditions and rules, evaluated before anything is sent to AWS."""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

_NO_VALUE = {"Ref": "AWS::NoValue"}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where the library was built
    """Reads CloudFormation's short forms too."""


def _short_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    key = name if name in {"Ref", "Condition"} else f"Fn::{name}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {key: str(text).split(".", 1) if name == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {key: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 (there is no fourth kind) # nosec B101
    return {key: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


class Template:
    """A template, and what it holds with given values of its parameters.

    Attributes:
        text: As it is written.
        parameters: What it says of each parameter.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._document: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 (a safe loader) # nosec B506
        self.parameters: Mapping[str, Mapping[str, Any]] = self._document["Parameters"]

    @classmethod
    def read(cls, path: Path) -> "Template":
        """Return the template of a file."""
        return cls(path.read_text("utf-8"))

    def document(self) -> dict[str, Any]:
        """Return a copy of the template's document, with functions in their long forms."""
        return deepcopy(self._document)

    @property
    def version(self) -> str:
        """Return the version of the tuner that it deploys."""
        return str(self._document["Outputs"]["Version"]["Value"])

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the value of each parameter: as given, or the default."""
        return {name: str(each.get("Default", "")) for name, each in self.parameters.items()} | dict(given)

    def resources(self, given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """Return the resources whose conditions hold, with the choices that depend on conditions made."""
        values = self.values(given)
        conditions: dict[str, bool] = {}
        for name, condition in self._document["Conditions"].items():
            conditions[name] = _holds(condition, values, conditions)
        return {
            name: _resolved(resource, conditions)
            for name, resource in self._document["Resources"].items()
            if conditions.get(resource.get("Condition", ""), True)
        }

    def refusals(self, given: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Yield a parameter, its value and what is allowed, for each value that the template does not take."""
        for name, value in given.items():
            if name in self.parameters and (allowed := _broken(self.parameters[name], value)):
                yield name, value, allowed

    def contradictions(self, given: Mapping[str, str]) -> Iterator[str]:
        """Yield what the rules of the template say against values that do not go together."""
        values = self.values(given)
        for rule in self._document.get("Rules", {}).values():
            if _holds(rule["RuleCondition"], values, {}):
                for assertion in rule["Assertions"]:
                    if not _holds(assertion["Assert"], values, {}):
                        yield str(assertion["AssertDescription"])


def _broken(parameter: Mapping[str, Any], value: str) -> str | None:
    """Return what is allowed, if a value is not."""
    parts = value.split(",") if parameter["Type"] == "CommaDelimitedList" else [value]
    allowed = [str(each) for each in parameter.get("AllowedValues", ())]
    if allowed and any(part.strip() not in allowed for part in parts):
        return f"one of {', '.join(allowed)}"
    if parameter["Type"] == "Number":
        low, high = parameter.get("MinValue"), parameter.get("MaxValue")
        fits = re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
        if not fits or (low is not None and float(value) < low) or (high is not None and float(value) > high):
            limits = [f"at least {low}" if low is not None else "", f"at most {high}" if high is not None else ""]
            return " ".join(["a number", " and ".join(each for each in limits if each)]).strip()
    if "MaxLength" in parameter and len(value) > parameter["MaxLength"]:
        return f"at most {parameter['MaxLength']} characters"
    pattern = parameter.get("AllowedPattern")
    if pattern and any(re.fullmatch(pattern, part) is None for part in parts):
        return str(parameter.get("ConstraintDescription", f"text that matches {pattern}"))
    return None


def _holds(condition: Any, values: Mapping[str, Any], known: Mapping[str, bool]) -> bool:
    match condition:
        case {"Fn::Equals": [left, right]}:
            return str(_value(left, values)) == str(_value(right, values))
        case {"Fn::Contains": [choices, value]}:
            return str(_value(value, values)) in {str(each) for each in choices}
        case {"Fn::Not": [inner]}:
            return not _holds(inner, values, known)
        case {"Fn::And": parts}:
            return all(_holds(part, values, known) for part in parts)
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


def with_locations(text: str, located: Callable[[str, str], str]) -> str:
    """Return a template with its local files elsewhere.

    Args:
        text: The template.
        located: Returns the address of a file or folder, from the property that names it and its path.
    """
    return _LOCAL.sub(lambda found: f"{found[1]}{found[2]}: {located(found[2], found[3])}", text)


_LOCAL = re.compile(r"^( +)(CodeUri|ContentUri|DefinitionUri): (?!s3://)(\S+)$", re.MULTILINE)
