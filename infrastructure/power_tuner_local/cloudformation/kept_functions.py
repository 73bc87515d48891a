"""Functions of a stack that stay when a template without them updates it."""

from typing import TYPE_CHECKING, Any

from power_tuner_local.cloudformation.template_values import dependencies

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_FUNCTION = "AWS::Lambda::Function"
_SECTIONS = ("Mappings", "Conditions")
# What code or a seed has put into these is gone when they are replaced.
_HOLD_DATA = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::Kinesis::Stream",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
    }
)


def with_functions(
    template: "Mapping[str, Any]", former: "Mapping[str, Any]", values: "Mapping[str, str]"
) -> dict[str, Any]:
    """Return a template with the functions of the stack's former one that it lacks, and with what those need.

    They and what the template's own functions do not need stay as they were, with the former values of parameters.
    None of them stays if one of their names is taken in the new template: it has the same under another logical id.

    Args:
        template: The new template.
        former: The template that the stack has.
        values: The values of its parameters.
    """
    new, old = template["Resources"], former["Resources"]
    kept = {name for name, body in old.items() if body["Type"] == _FUNCTION and name not in new}
    if not kept:
        return dict(template)
    needed = _needed_by(kept, former)
    kept |= needed - new.keys()
    kept |= {name for name in old.keys() - new.keys() if _only_serves(name, former, kept, {*new, *kept})}
    if {each for name in kept for each in _names(old[name])} & {each for body in new.values() for each in _names(body)}:
        return dict(template)
    own = {name for name, body in new.items() if body["Type"] == _FUNCTION}
    shared = {name for name in needed & new.keys() if new[name]["Type"] in _HOLD_DATA and name not in own}
    kept |= shared - _needed_by(own, template)
    declared = former.get("Parameters") or {}
    known = {name: values[name] for name, each in declared.items() if name in values and not each.get("NoEcho")}
    lists = {name for name in known if "List" in declared[name]["Type"]}
    plain: dict[str, Any] = {name: each.split(",") if name in lists else each for name, each in known.items()}
    parameters = {name: {**declared[name], "Default": values[name]} for name in declared if name in values}
    sections = {name: {**(former.get(name) or {}), **(template.get(name) or {})} for name in _SECTIONS}
    return {
        **template,
        **{name: section for name, section in sections.items() if section},
        "Parameters": {**parameters, **(template.get("Parameters") or {})},
        "Resources": {**new, **{name: _with_values(old[name], plain) for name in old if name in kept}},
    }


def used_by_kept(merged: "Mapping[str, Any]", own: "Collection[str]") -> dict[str, str]:
    """Return the resources that hold data and that functions need which were kept: each with one of those functions.

    Args:
        merged: A template with functions that were kept.
        own: The logical ids that the template itself has.
    """
    resources = merged["Resources"]
    functions = [name for name, body in resources.items() if body["Type"] == _FUNCTION and name not in own]
    return {
        name: function
        for function in functions
        for name in _needed_by({function}, merged)
        if resources[name]["Type"] in _HOLD_DATA
    }


def _needed_by(names: "Collection[str]", template: "Mapping[str, Any]") -> set[str]:
    """Return what resources need, and what that needs, and so on."""
    found: set[str] = set()
    queue = set(names)
    while queue:
        queue = {each for name in queue for each in dependencies(name, template)} - found
        found |= queue
    return found


def _with_values(node: Any, values: "Mapping[str, Any]") -> Any:
    """Return a part of a template with these values of parameters in the place of what refers to them."""
    match node:
        case {"Ref": str(name)} if name in values:
            return values[name]
        case {"Fn::Sub": [str(text), dict(variables)]}:
            inner = {name: _with_values(each, values) for name, each in variables.items()}
            return {"Fn::Sub": [_filled(text, {key: each for key, each in values.items() if key not in inner}), inner]}
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": _filled(text, values)}
        case dict():
            return {key: _with_values(each, values) for key, each in node.items()}
        case list():
            return [_with_values(each, values) for each in node]
    return node


def _filled(text: str, values: "Mapping[str, Any]") -> str:
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", str(value))
    return text


def _names(body: "Mapping[str, Any]") -> "Iterator[tuple[str, str, str]]":
    """Yield the names that a resource gets, as far as they are written as text."""
    for key, value in body.get("Properties", {}).items():
        if key.endswith("Name") and isinstance(value, str):
            yield body["Type"], key, value


def _only_serves(name: str, template: "Mapping[str, Any]", kept: set[str], there: set[str]) -> bool:
    """Return whether a resource, such as a policy, is for resources that are kept and needs nothing else."""
    needed = dependencies(name, template)
    return bool(needed & kept) and needed <= there
