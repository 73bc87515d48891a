"""Stacks whose exports a template imports, put into it: one template with all resources."""

from collections.abc import Iterator, Mapping
from typing import Any

from power_tuner_cli.projects.nested_stacks import STACK, flattened
from power_tuner_cli.projects.template_parameters import imports_in


def with_exporting_stacks(document: Mapping[str, Any], others: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a template with those of an app's other stacks in it that it needs exports of.

    Args:
        document: The template.
        others: The templates of the app's other stacks, by names that can be logical ids.
    """
    outputs = {export: (stack, output) for stack, each in others.items() for export, output in _exports(each)}
    stacks: list[str] = []
    _visit(document, others, outputs, stacks)
    # Whoever imports comes before those that it imports of: an output is looked up where its stack is put in.
    inner = {stack: _with_outputs(others[stack], outputs) for stack in reversed(stacks)}
    nested = {stack: {"Type": STACK, "Properties": {"TemplateURL": stack}} for stack in inner}
    own = _with_outputs(document, outputs)
    return flattened(
        {**own, "Resources": own["Resources"] | nested},
        lambda body: inner.get(str(body["Properties"].get("TemplateURL"))),
    )


def _exports(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for output, each in (document.get("Outputs") or {}).items():
        export = each.get("Export") if isinstance(each, dict) else None
        name = export.get("Name") if isinstance(export, dict) else None
        if isinstance(name, str):
            yield name, output


def _visit(
    document: Mapping[str, Any],
    others: Mapping[str, Any],
    outputs: Mapping[str, tuple[str, str]],
    found: list[str],
) -> None:
    """Find the stacks that a template needs, each behind those that it needs itself."""
    for name in imports_in(document["Resources"]):
        stack = outputs[name][0] if isinstance(name, str) and name in outputs else None
        if stack and stack not in found:
            _visit(others[stack], others, outputs, found)
            found.append(stack)


def _with_outputs(node: Any, outputs: Mapping[str, tuple[str, str]]) -> Any:
    """Return a value with references to outputs of stacks in place of imports."""
    match node:
        case {"Fn::ImportValue": str(name)} if name in outputs:
            stack, output = outputs[name]
            return {"Fn::GetAtt": [stack, f"Outputs.{output}"]}
        case dict():
            return {key: _with_outputs(each, outputs) for key, each in node.items()}
        case list():
            return [_with_outputs(each, outputs) for each in node]
    return node
