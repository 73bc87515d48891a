"""The values of expressions in Terraform's language, as far as this machine knows them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from yaml import YAMLError

from power_tuner_cli.projects.terraform_calls import FUNCTIONS
from power_tuner_cli.projects.terraform_terms import (
    EACH,
    Traversal,
    as_text,
    is_known,
    is_made,
    join,
    known,
    unknown,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

_PARTS = {
    "variable_expr",
    "literal_value",
    "template_expr",
    "collection_value",
    "function_call",
    "conditional",
    "operation",
    "expression",
}
_ESCAPES = {'\\"': '"', "\\n": "\n", "\\t": "\t", "\\\\": "\\"}
_MAX_TEXT = 100
# The function whose value depends on where the module lies.
READ_FILE = "file"


Resolve = Callable[[Traversal], Any]


def value_of(node: "Node", resolve: Resolve) -> Any:
    """Return the value of an expression, with CloudFormation's functions for what is not there yet.

    Args:
        node: The expression.
        resolve: Returns what a traversal stands for.
    """
    return _value(_meaningful(node), resolve)


def _meaningful(node: "Node") -> "list[Node]":
    return [child for child in node.children if child.is_named and child.type != "comment"]


def _text(node: "Node") -> str:
    return (node.text or b"").decode()


def _value(nodes: "Sequence[Node]", resolve: Resolve) -> Any:
    first, *rest = nodes
    if first.type == "variable_expr":
        return resolve(Traversal((_text(first), *_accesses(rest, resolve))))
    readers: dict[str, Callable[[Node, Resolve], Any]] = {
        "literal_value": _literal,
        "template_expr": _template,
        "collection_value": _collection,
        "function_call": _call,
        "conditional": _conditional,
        "operation": _operation,
        "expression": value_of,
        "for_expr": _loop,
    }
    if first.type not in readers:
        return unknown([_text(first)[:_MAX_TEXT]])
    value = readers[first.type](first, resolve)
    return within(value, _accesses(rest, resolve))


def _accesses(nodes: "Sequence[Node]", resolve: Resolve) -> "list[Any]":
    found: list[Any] = []
    for node in nodes:
        if node.type == "get_attr":
            found.append(_text(node.children[-1]))
        elif node.type == "index":
            inner = [each for child in node.children for each in child.children if each.type == "expression"]
            found.append(value_of(inner[0], resolve) if inner else 0)
        elif node.type == "splat":
            found += _of_each(node.children[0], resolve)
    return found


def _of_each(splat: "Node", resolve: Resolve) -> "list[Any]":
    """Return what follows [*] or .*; of the older form, an index behind attributes chooses one of the elements."""
    inner = _accesses(splat.children, resolve)
    place = next((number for number, each in enumerate(inner) if isinstance(each, int)), None)
    if splat.type == "attr_splat" and place is not None:
        return [inner[place], *inner[:place], *inner[place + 1 :]]
    return [EACH, *inner]


def _literal(node: "Node", resolve: Resolve) -> Any:
    inner = _meaningful(node)[0]
    match inner.type:
        case "numeric_lit":
            return float(_text(inner)) if "." in _text(inner) else int(_text(inner))
        case "bool_lit":
            return _text(inner) == "true"
        case "null_lit":
            return None
    return _joined(inner, resolve)


def _template(node: "Node", resolve: Resolve) -> Any:
    return _joined(_meaningful(node)[0], resolve)


def _joined(node: "Node", resolve: Resolve) -> Any:
    """Return the text of a string or a template, with the values that are put in."""
    code, offset, end = node.text or b"", node.start_byte, node.children[0].end_byte
    pieces: list[Any] = []
    for child in node.children[1:]:
        # The grammar leaves space out where a value or a line begins.
        pieces.append(code[end - offset : child.start_byte - offset].decode())
        end = child.end_byte
        if child.type == "template_literal":
            text = _text(child)
            for escaped, plain in _ESCAPES.items():
                text = text.replace(escaped, plain)
            pieces.append(text)
        elif child.type == "template_interpolation":
            pieces.append(value_of(next(each for each in child.children if each.type == "expression"), resolve))
        elif child.type == "template_directive":
            return unknown([_text(node)[:_MAX_TEXT]])
        elif child.type == "heredoc_identifier" and child is not node.children[-1]:
            end += len(b"\n")
    return join(pieces)


def _collection(node: "Node", resolve: Resolve) -> Any:
    inner = _meaningful(node)[0]
    if inner.type == "tuple":
        return [value_of(each, resolve) for each in inner.children if each.type == "expression"]
    found: dict[str, Any] = {}
    for element in (each for each in inner.children if each.type == "object_elem"):
        key, value = (each for each in element.children if each.type == "expression")
        name = _meaningful(key)[0]
        plain = _text(name) if name.type == "variable_expr" else value_of(key, resolve)
        found[as_text(plain)] = value_of(value, resolve)
    return found


def _loop(node: "Node", resolve: Resolve) -> Any:
    """Return what a for expression makes of a collection: a list or an object."""
    inner = node.children[0]
    intro = next(each for each in inner.children if each.type == "for_intro")
    names = [_text(each) for each in intro.children if each.type == "identifier"]
    over = value_of(next(each for each in intro.children if each.type == "expression"), resolve)
    if is_made(over) or not isinstance(over, dict | list):
        return unknown([_text(node)[:_MAX_TEXT]])
    results = [each for each in inner.children if each.type == "expression"]
    condition = next((each for part in inner.children if part.type == "for_cond" for each in part.children[1:]), None)
    made: list[list[Any]] = []
    for key, value in over.items() if isinstance(over, dict) else enumerate(over):
        bound = dict(zip(names, [key, value][-len(names) :], strict=True))

        def inside(named: Traversal, bound: dict[str, Any] = bound) -> Any:
            return within(bound[named.parts[0]], named.parts[1:]) if named.parts[0] in bound else resolve(named)

        if condition is None or value_of(condition, inside) is True:
            made.append([value_of(each, inside) for each in results])
    return {as_text(key): value for key, value in made} if len(results) > 1 else [each[0] for each in made]


def _conditional(node: "Node", resolve: Resolve) -> Any:
    condition, then, otherwise = (each for each in node.children if each.type == "expression")
    holds = value_of(condition, resolve)
    return value_of(then if holds else otherwise, resolve) if is_known(holds) else unknown([_text(node)[:_MAX_TEXT]])


def _operation(node: "Node", resolve: Resolve) -> Any:
    inner = node.children[0]
    sides: list[list[Node]] = [[]]
    operator = ""
    for child in inner.children:
        if child.type in _PARTS or child.type in {"get_attr", "index", "splat"}:
            sides[-1].append(child)
        else:
            operator = _text(child)
            sides.append([])
    values = [_value(side, resolve) for side in sides if side]
    operators: dict[str, Callable[..., Any]] = {
        "==": lambda left, right: left == right,
        "!=": lambda left, right: left != right,
        "&&": lambda left, right: left and right,
        "||": lambda left, right: left or right,
        "!": lambda value: not value,
        "-": lambda left, right=None: -left if right is None else left - right,
        "+": lambda left, right: left + right,
        ">": lambda left, right: left > right,
        "<": lambda left, right: left < right,
        ">=": lambda left, right: left >= right,
        "<=": lambda left, right: left <= right,
        "*": lambda left, right: left * right,
    }
    try:
        return operators[operator](*known(values))
    except (KeyError, TypeError, ValueError):
        return unknown([_text(node)[:_MAX_TEXT]])


def _call(node: "Node", resolve: Resolve) -> Any:
    name = _text(node.children[0])
    listed = next((each for each in node.children if each.type == "function_arguments"), None)
    arguments = [value_of(each, resolve) for each in listed.children if each.type == "expression"] if listed else []
    try:
        if name == READ_FILE:
            return resolve(Traversal((READ_FILE, *known(arguments))))
        return FUNCTIONS[name](*arguments)
    except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError, OSError, RecursionError, YAMLError):
        return unknown([_text(node)[:_MAX_TEXT]])
