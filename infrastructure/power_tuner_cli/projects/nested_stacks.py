"""Nested stacks, put into the template that has them: one template with all resources."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Child = Callable[[Mapping[str, Any]], dict[str, Any] | None]

STACK = "AWS::CloudFormation::Stack"
APPLICATION = "AWS::Serverless::Application"
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9]+)((?:\.[^}]*)?)\}")
_OUTPUT = "Outputs."
_ASIDE = ("Mappings", "Conditions", "Parameters")


def flattened(document: Mapping[str, Any], child_of: Child, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a template with its nested stacks' resources in it, in place of the stacks.

    What a nested stack calls by a name that is taken gets that of its stack in front.

    Args:
        document: The template.
        child_of: Returns the template that a stack's resource stands for, with its own nested stacks in it; None if it
            is not on this machine.
        given: Values of nested parameters, which come before what the stacks around give them.
    """
    found = {**document, "Resources": dict(document["Resources"])}
    for stack_id in document["Resources"]:
        body = found["Resources"][stack_id]
        child = child_of(body) if body["Type"] in {STACK, APPLICATION} else None
        if child is None:
            continue
        del found["Resources"][stack_id]
        inner, renamed = _with_values(child, body, found, stack_id, given or {})
        if isinstance(condition := body.get("Condition"), str):
            _put_under(condition, inner)
        outputs = {name: each.get("Value") for name, each in (inner.get("Outputs") or {}).items()}
        found = _Rewriting(outputs={stack_id: outputs}).of_template(found)
        for section in ("Resources", *_ASIDE):
            own = {renamed[section].get(name, name): each for name, each in (inner.get(section) or {}).items()}
            if own:
                found[section] = {**(found.get(section) or {}), **own}
        if transforms := list(dict.fromkeys([*_list(found.get("Transform")), *_list(inner.get("Transform"))])):
            found["Transform"] = transforms
    return found


def _with_values(
    child: Mapping[str, Any],
    stack: Mapping[str, Any],
    outer: Mapping[str, Any],
    stack_id: str,
    given: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """Return a nested template with what its stack gives it, and the new names of what it has, by section."""
    declared = child.get("Parameters") or {}
    told = {name: each for name, each in (stack["Properties"].get("Parameters") or {}).items() if name not in given}
    values = {name: _as_declared(each, declared.get(name)) for name, each in told.items()}
    inner = {**child, "Parameters": {name: each for name, each in declared.items() if name not in values}}
    renamed = {section: _taken(outer, inner, section, stack_id) for section in ("Resources", *_ASIDE)}
    # One that people gave a value is the same in each stack.
    renamed["Parameters"] = {name: each for name, each in renamed["Parameters"].items() if name not in given}
    rewriting = _Rewriting(
        values,
        {**renamed["Resources"], **renamed["Parameters"]},
        frozenset(inner["Resources"]) | declared.keys(),
        renamed["Mappings"],
        renamed["Conditions"],
        plain={name: _plain(each, outer.get("Parameters") or {}) for name, each in values.items()},
    )
    return rewriting.of_template(inner), renamed


def _taken(outer: Mapping[str, Any], inner: Mapping[str, Any], section: str, stack_id: str) -> dict[str, str]:
    """Return what the names of a nested template's section become that are taken by something else."""
    there, own = outer.get(section) or {}, inner.get(section) or {}
    alike = section in {"Mappings", "Parameters"}
    return {name: f"{stack_id}{name}" for name in own if name in there and not (alike and there[name] == own[name])}


def _as_declared(value: Any, parameter: Any) -> Any:
    """Return a value of a parameter as references to it have it: as a list where it is declared as one."""
    if "List" not in str(parameter.get("Type") if isinstance(parameter, dict) else ""):
        return value
    match value:
        case str():
            return [each.strip() for each in value.split(",")]
        case {"Fn::Join": [",", listed]}:
            return listed
    return value if isinstance(value, list) else {"Fn::Split": [",", value]}


def _plain(value: Any, parameters: Mapping[str, Any]) -> Any:
    """Return a value as conditions may have it: they are decided before there are resources, whose ids stand here."""
    match value:
        case {"Ref": str(name)} if name not in parameters and not name.startswith("AWS::"):
            return name
        case {"Fn::GetAtt": path}:
            return ".".join(map(str, path)) if isinstance(path, list) else path
        case dict():
            return {key: _plain(each, parameters) for key, each in value.items()}
        case list():
            return [_plain(each, parameters) for each in value]
    return value


def _put_under(condition: str, inner: dict[str, Any]) -> None:
    """Let all that a nested template has be there on its stack's condition alone."""
    both: dict[str, Any] = {}
    for body in inner["Resources"].values():
        own = body.setdefault("Condition", condition)
        if own != condition:
            both[f"{condition}And{own}"] = {"Fn::And": [{"Condition": condition}, {"Condition": own}]}
            body["Condition"] = f"{condition}And{own}"
    inner["Conditions"] = {**(inner.get("Conditions") or {}), **both}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """What is put in the place of references: to parameters, to what has a new name, and to outputs of nested stacks.

    Attributes:
        declared: The logical ids and parameters that the template itself has.
        plain: The values as conditions may have them.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    mappings: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plain: Mapping[str, Any] = field(default_factory=dict)

    def of_template(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a template with its references rewritten."""
        found: dict[str, Any] = self.of({key: each for key, each in document.items() if key != "Conditions"})
        if document.get("Conditions"):
            deciding = _Rewriting(self.plain, self.names, self.declared, self.mappings, self.conditions)
            found["Conditions"] = deciding.of(document["Conditions"])
        return found

    def of(self, node: Any) -> Any:  # noqa: PLR0911 (one return for each form of a reference)
        """Return a value with its references rewritten."""
        match node:
            case list():
                return [self.of(each) for each in node]
            case {"Ref": str(name)}:
                return self.values.get(name, {"Ref": self._name(name)})
            case {"Fn::GetAtt": [str(name), *path]}:
                return self._attribute(name, ".".join(map(str, path)))
            case {"Fn::GetAtt": str(text)}:
                return self._attribute(*text.partition(".")[::2])
            case {"Fn::Sub": [str(text), dict(variables)]}:
                return self._filled(text, self.of(variables))
            case {"Fn::Sub": str(text)}:
                return self._filled(text, {})
            case {"Fn::FindInMap": [str(name), *keys]}:
                return {"Fn::FindInMap": [self.mappings.get(name, name), *self.of(keys)]}
            case {"Fn::If": [str(name), *values]}:
                return {"Fn::If": [self.conditions.get(name, name), *self.of(values)]}
            case dict():
                return {key: self._entry(key, each) for key, each in node.items()}
        return node

    def _entry(self, key: str, value: Any) -> Any:
        if key == "DependsOn":
            every = [value] if isinstance(value, str) else value
            return [self.names.get(each, each) for each in every if each not in self.outputs]
        if key == "Condition" and isinstance(value, str):
            return self.conditions.get(value, value)
        return self.of(value)

    def _name(self, name: str) -> str:
        """Return the new name of a resource; what SAM makes of one has its name and a word behind it (FunctionRole)."""
        if name in self.declared or name in self.names:
            return self.names.get(name, name)
        origin = max((each for each in self.names if name.startswith(each)), key=len, default="")
        return self.names.get(origin, "") + name.removeprefix(origin)

    def _attribute(self, name: str, attribute: str) -> Any:
        output = attribute.removeprefix(_OUTPUT)
        if output in self.outputs.get(name, {}):
            return self.outputs[name][output]
        return {"Fn::GetAtt": [self._name(name), attribute]}

    def _filled(self, text: str, variables: Mapping[str, Any]) -> Any:
        used: dict[str, Any] = {}

        def rewritten(match: re.Match[str]) -> str:
            name, attribute = match[1], match[2].removeprefix(".")
            if name in variables:
                return match[0]
            output = attribute.removeprefix(_OUTPUT)
            if not attribute and name in self.values:
                used[name] = self.values[name]
            elif output in self.outputs.get(name, {}):
                used[f"{name}{output}"] = self.outputs[name][output]
                return f"${{{name}{output}}}"
            else:
                return f"${{{self._name(name)}{match[2]}}}"
            return match[0]

        text = _PLACEHOLDER.sub(rewritten, text)
        return {"Fn::Sub": [text, {**variables, **used}] if variables or used else text}
