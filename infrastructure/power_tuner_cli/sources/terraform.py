"""The functions of a Terraform file: `aws_lambda_function`, and the module terraform-aws-modules/lambda/aws."""

import re
from typing import TYPE_CHECKING

from power_tuner_cli.sources.declared import Addition, DeclaredFunction
from power_tuner_cli.sources.names import may_be_named
from power_tuner_cli.sources.syntax import SourceTree, parsed, walk

if TYPE_CHECKING:
    from tree_sitter import Node

_RESOURCE = "aws_lambda_function"
_MODULE = "terraform-aws-modules/lambda/aws"
_KEY = "memory_size"
# `count = var.enabled ? 1 : 0` is how a resource is switched off; more than one is several functions.
_AT_MOST_ONE = re.compile(r"[01]|.*\?\s*(1\s*:\s*0|0\s*:\s*1)", re.DOTALL)


def functions_of_terraform(text: str, deployed: str) -> list[DeclaredFunction]:
    """Return the functions of a Terraform file.

    Args:
        text: The file, in HCL.
        deployed: The name of the function that was tuned.

    Raises:
        CliError: It is no HCL.
    """
    import tree_sitter_hcl
    from tree_sitter import Language

    tree = parsed(text, Language(tree_sitter_hcl.language()), "Terraform")
    blocks = [node for node in walk(tree.root) if node.type == "block"]
    return [function for block in blocks if (function := _function(tree, block, deployed))]


def _function(tree: SourceTree, block: "Node", deployed: str) -> DeclaredFunction | None:
    kind, *labels = [
        tree.text(child).strip('"') for child in block.children if child.type in {"identifier", "string_lit"}
    ]
    attributes = _attributes(tree, block)
    match kind, labels:
        case "resource", [str(label), str(name)] if label == _RESOURCE:
            address = f"{_RESOURCE}.{name}"
        case "module", [str(name)] if "source" in attributes and _MODULE in tree.text(attributes["source"]):
            address = f"module.{name}"
        case _:
            return None
    own = attributes.get(_KEY)
    named = attributes.get("function_name")
    return DeclaredFunction(
        address,
        _KEY,
        may_be_deployed=named is not None and may_be_named(_written_name(tree, named), deployed),
        own=tree.span(own) if own else None,
        addition=_line(tree, attributes),
        obstacle=_obstacle(tree, block, address, attributes),
    )


def _obstacle(tree: SourceTree, block: "Node", address: str, attributes: "dict[str, Node]") -> str | None:
    if "for_each" in attributes:
        return f"{address} declares several functions (for_each)"
    if "count" in attributes and not _AT_MOST_ONE.fullmatch(tree.text(attributes["count"])):
        return f"{address} declares several functions (count)"
    for inner in _body(block):
        if inner.type == "block" and tree.text(inner.children[0]) == "lifecycle":
            ignored = _attributes(tree, inner).get("ignore_changes")
            if ignored and re.search(rf"\b({_KEY}|all)\b", tree.text(ignored)):
                return f"Terraform leaves the memory size of {address} as it is (ignore_changes)"
    return None


def _body(block: "Node") -> "list[Node]":
    return [node for body in block.children if body.type == "body" for node in body.children]


def _attributes(tree: SourceTree, block: "Node") -> "dict[str, Node]":
    """Return the expressions of a block by name."""
    return {tree.text(node.children[0]): node.children[-1] for node in _body(block) if node.type == "attribute"}


def _written_name(tree: SourceTree, expression: "Node") -> list[str | None]:
    """Return the parts of a string, None for what is put in; nothing if it is no string."""
    string = next((node for node in walk(expression) if node.type in {"string_lit", "quoted_template"}), None)
    if string is None or tree.text(string) != tree.text(expression):
        return []
    return [
        tree.text(part) if part.type == "template_literal" else None
        for part in string.children
        if part.type in {"template_literal", "template_interpolation"}
    ]


def _line(tree: SourceTree, attributes: "dict[str, Node]") -> Addition | None:
    """Return the place below an attribute that takes one line, with the equals sign below its own."""
    one_line = [value for value in attributes.values() if value.start_point.row == value.end_point.row]
    for value in sorted(one_line, key=lambda value: _equals_column(value) < len(_KEY)):
        attribute = value.parent
        line_end = tree.code.find(b"\n", value.end_byte)
        if attribute is None or line_end < 0:
            continue
        start = tree.code.rfind(b"\n", 0, attribute.start_byte) + 1
        indent = tree.code[start : attribute.start_byte].decode()
        if indent.strip():
            continue
        ended = "\r\n" if b"\r\n" in tree.code else "\n"
        at = len(tree.code[: line_end + 1].decode())
        return Addition(at, f"{indent}{_KEY.ljust(_equals_column(value))} = ", ended)
    return None


def _equals_column(value: "Node") -> int:
    """Return how many columns the name of an attribute has, up to the space before its equals sign."""
    attribute = value.parent
    if attribute is None:
        return 0
    equals = attribute.children[1]
    return equals.start_point.column - attribute.start_point.column - 1
