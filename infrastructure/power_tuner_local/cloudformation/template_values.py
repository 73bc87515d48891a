"""What a template asks for: conditions decided, parameters filled in, references to resources kept."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moto.cloudformation.parsing import ResourceMap

_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")
_NOTHING = object()


def wanted_resources(resources: "ResourceMap") -> dict[str, dict[str, Any]]:
    """Return the resources whose conditions hold, as they are compared with those of another template."""
    template: Mapping[str, Any] = resources._template  # noqa: SLF001
    return {
        name: _value(body, resources) for name, body in template.get("Resources", {}).items() if exists(body, resources)
    }


def wanted_outputs(resources: "ResourceMap") -> dict[str, Any]:
    """Return the outputs whose conditions hold."""
    template: Mapping[str, Any] = resources._template  # noqa: SLF001
    return {
        name: _value(each, resources) for name, each in template.get("Outputs", {}).items() if exists(each, resources)
    }


def exists(body: "Mapping[str, Any]", resources: "ResourceMap") -> bool:
    """Return whether the condition of a resource or output holds."""
    condition = body.get("Condition")
    return condition is None or bool(resources.lazy_condition_map[condition])


def references(node: Any) -> "Iterator[tuple[str, str | None]]":
    """Yield the names that a value refers to, each with the attribute if it is one."""
    match node:
        case {"Ref": str(name)}:
            yield name, None
        case {"Fn::GetAtt": [str(name), attribute]}:
            yield name, str(attribute)
        case {"Fn::GetAtt": str(path)}:
            name, _, attribute = path.partition(".")
            yield name, attribute
        case {"Fn::Sub": str(text)}:
            yield from _substituted(text, {})
        case {"Fn::Sub": [str(text), dict(variables)]}:
            yield from _substituted(text, variables)
        case dict() | list():
            for value in node.values() if isinstance(node, dict) else node:
                yield from references(value)


def _substituted(text: str, variables: "Mapping[str, Any]") -> "Iterator[tuple[str, str | None]]":
    for name in _PLACEHOLDER.findall(text):
        if name not in variables:
            yield name.partition(".")[0], name.partition(".")[2] or None
    yield from references(variables)


def dependencies(name: str, template: "Mapping[str, Any]") -> set[str]:
    """Return the resources that must exist before a resource."""
    body = template["Resources"][name]
    explicit = body.get("DependsOn", [])
    named = {explicit} if isinstance(explicit, str) else set(explicit)
    names: set[str] = {each for each, _ in references(body)} | named
    return names & (set(template["Resources"]) - {name})


def _value(node: Any, resources: "ResourceMap") -> Any:  # noqa: PLR0911 (one return for each form of a value)
    """Return a value with the parameters filled in."""
    match node:
        case {"Ref": str(name)}:
            return _parameter(name, resources, node)
        case {"Fn::If": [condition, then, otherwise]}:
            return _value(then if resources.lazy_condition_map[condition] else otherwise, resources)
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": _filled(text, resources)}
        case {"Fn::Sub": [str(text), variables]}:
            return {"Fn::Sub": [_filled(text, resources), _value(variables, resources)]}
        case dict():
            values = {
                key: _value(value, resources) for key, value in node.items() if key not in {"Condition", "DependsOn"}
            }
            return {key: value for key, value in values.items() if value is not _NOTHING}
        case list():
            return [value for value in (_value(each, resources) for each in node) if value is not _NOTHING]
    return node


def _parameter(name: str, resources: "ResourceMap", otherwise: Any) -> Any:
    if name == "AWS::NoValue":
        return _NOTHING
    if name in resources.resolved_parameters:
        return resources.resolved_parameters[name]
    return resources._parsed_resources[name] if name.startswith("AWS::") else otherwise  # noqa: SLF001


def _filled(text: str, resources: "ResourceMap") -> str:
    def value(match: re.Match[str]) -> str:
        return str(_parameter(match[1], resources, match[0]))

    return _PLACEHOLDER.sub(value, text)
