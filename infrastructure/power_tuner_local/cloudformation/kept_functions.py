"""Functions of a stack that stay when a template without them updates it."""

from typing import TYPE_CHECKING, Any

from power_tuner_local.cloudformation.template_values import dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FUNCTION = "AWS::Lambda::Function"
_SECTIONS = ("Mappings", "Conditions")


def with_functions(
    template: "Mapping[str, Any]", former: "Mapping[str, Any]", values: "Mapping[str, str]"
) -> dict[str, Any]:
    """Return a template with the functions of the stack's former one that it lacks, and with what those need.

    None of them if one of their names is taken in the new template: it has the same under another logical id.

    Args:
        template: The new template.
        former: The template that the stack has.
        values: The values of its parameters.
    """
    new, old = template["Resources"], former["Resources"]
    kept = {name for name, body in old.items() if body["Type"] == _FUNCTION and name not in new}
    if not kept:
        return dict(template)
    while needed := {each for name in kept for each in dependencies(name, former)} - kept - new.keys():
        kept |= needed
    kept |= {name for name in old.keys() - new.keys() if _only_serves(name, former, kept, {*new, *kept})}
    if {each for name in kept for each in _names(old[name])} & {each for body in new.values() for each in _names(body)}:
        return dict(template)
    parameters = {
        name: {**each, "Default": values[name]}
        for name, each in (former.get("Parameters") or {}).items()
        if name in values
    }
    sections = {name: {**(former.get(name) or {}), **(template.get(name) or {})} for name in _SECTIONS}
    return {
        **template,
        **{name: section for name, section in sections.items() if section},
        "Parameters": {**parameters, **(template.get("Parameters") or {})},
        "Resources": {**new, **{name: old[name] for name in old if name in kept}},
    }


def _names(body: "Mapping[str, Any]") -> "Iterator[tuple[str, str, str]]":
    """Yield the names that a resource gets, as far as they are written as text."""
    for key, value in body.get("Properties", {}).items():
        if key.endswith("Name") and isinstance(value, str):
            yield body["Type"], key, value


def _only_serves(name: str, template: "Mapping[str, Any]", kept: set[str], there: set[str]) -> bool:
    """Return whether a resource, such as a policy, is for resources that are kept and needs nothing else."""
    needed = dependencies(name, template)
    return bool(needed & kept) and needed <= there
