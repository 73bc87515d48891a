"""Nested stacks, put into the template that has them: one template with all resources."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Child = Callable[[Mapping[str, Any]], dict[str, Any] | None]

STACK = "AWS::CloudFormation::Stack"
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9]+)((?:\.[^}]*)?)\}")
_OUTPUT = "Outputs."


def flattened(document: Mapping[str, Any], child_of: Child) -> dict[str, Any]:
    """Return a template with its nested stacks' resources in it, in place of the stacks.

    A resource of a nested stack whose logical id is taken gets that of its stack in front.

    Args:
        document: The template.
        child_of: Returns the template that a stack's resource stands for, None if it is not on this machine.
    """
    found = {**document, "Resources": dict(document["Resources"])}
    for stack_id, body in document["Resources"].items():
        child = child_of(body) if body["Type"] == STACK else None
        if child is None:
            continue
        inner = flattened(child, child_of)
        taken = found["Resources"].keys() & inner["Resources"].keys()
        names = {name: f"{stack_id}{name}" for name in taken}
        given = body["Properties"].get("Parameters") or {}
        inner = _Rewriting(values=given, names=names).of(inner)
        del found["Resources"][stack_id]
        found = _Rewriting(outputs={stack_id: inner.get("Outputs") or {}}).of(found)
        found["Resources"] |= {names.get(name, name): each for name, each in inner["Resources"].items()}
        for section in ("Mappings", "Conditions", "Parameters"):
            own = {name: each for name, each in (inner.get(section) or {}).items() if name not in given}
            if own:
                found[section] = {**own, **(found.get(section) or {})}
    return found


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """What is put in the place of references: to parameters, logical ids and outputs of nested stacks."""

    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, node: Any) -> Any:
        """Return a value with its references rewritten."""
        if isinstance(node, list):
            return [self.of(each) for each in node]
        if not isinstance(node, dict):
            return node
        match node:
            case {"Ref": str(name)}:
                return self.values.get(name, {"Ref": self.names.get(name, name)})
            case {"Fn::GetAtt": [str(name), *path]}:
                return self._attribute(name, path)
            case {"Fn::Sub": text}:
                text, variables = (text, {}) if isinstance(text, str) else text
                return self._filled(text, self.of(variables))
        return {key: self._waits(each) if key == "DependsOn" else self.of(each) for key, each in node.items()}

    def _attribute(self, name: str, path: list[Any]) -> Any:
        attribute = ".".join(map(str, path))
        output = self.outputs.get(name, {}).get(attribute.removeprefix(_OUTPUT))
        return output["Value"] if output else {"Fn::GetAtt": [self.names.get(name, name), *path]}

    def _waits(self, names: Any) -> list[str]:
        every = [names] if isinstance(names, str) else names
        return [self.names.get(each, each) for each in every if each not in self.outputs]

    def _filled(self, text: str, variables: Mapping[str, Any]) -> Any:
        names = {name for name, _ in _PLACEHOLDER.findall(text)} - variables.keys()
        used = {name: self.values[name] for name in names & self.values.keys()}

        def renamed(match: re.Match[str]) -> str:
            return f"${{{self.names.get(match[1], match[1]) if match[1] in names else match[1]}{match[2]}}}"

        text = _PLACEHOLDER.sub(renamed, text)
        return {"Fn::Sub": [text, {**variables, **used}] if variables or used else text}
