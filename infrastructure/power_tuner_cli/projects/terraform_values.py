"""The values of expressions in Terraform's language, as far as this machine knows them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class Traversal:
    """What an expression names: the parts of var.sizes["dev"].memory."""

    parts: tuple[Any, ...]

    @property
    def text(self) -> str:
        """Return it as it is written; indexes are left out, as there is one of each here."""
        return ".".join(str(part) for part in self.parts if not isinstance(part, int))


Resolve = Callable[[Traversal], Any]


def unknown(name: str | list[str]) -> dict[str, Any]:
    """Return what stands for a value that is not known here: as text, by a name under which it can be given."""
    return {"Fn::ImportValue": name}


def is_known(value: Any) -> bool:
    """Return whether nothing in a value is left to be given or to be made."""
    if isinstance(value, dict):
        return not any(key == "Ref" or key.startswith("Fn::") for key in value) and all(map(is_known, value.values()))
    return all(map(is_known, value)) if isinstance(value, list) else True


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
    }
    if first.type not in readers:
        return unknown([_text(first)[:_MAX_TEXT]])
    value = readers[first.type](first, resolve)
    for key in _accesses(rest, resolve):
        value = item(value, key)
    return value


def _accesses(nodes: "Sequence[Node]", resolve: Resolve) -> "list[Any]":
    found: list[Any] = []
    for node in nodes:
        if node.type == "get_attr":
            found.append(_text(node.children[-1]))
        elif node.type == "index":
            inner = [each for child in node.children for each in child.children if each.type == "expression"]
            found.append(value_of(inner[0], resolve) if inner else 0)
        elif node.type == "splat":
            found.append(0)
    return found


def item(value: Any, key: Any) -> Any:
    """Return what a list or an object has under a key; unknown if it has nothing there."""
    if isinstance(value, dict) and not is_known(value) and len(value) == 1 and next(iter(value)).startswith("Fn::"):
        return value
    if isinstance(value, dict) and isinstance(key, str) and key in value:
        return value[key]
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return unknown([str(key)])


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


def join(pieces: Sequence[Any], separator: str = "") -> Any:
    """Return pieces as one text, or as CloudFormation's Fn::Join where one of them is not there yet."""
    texts = [each if isinstance(each, dict) else as_text(each) for each in pieces]
    plain = [each for each in texts if isinstance(each, str)]
    return separator.join(plain) if len(plain) == len(texts) else {"Fn::Join": [separator, texts]}


def as_text(value: Any) -> str:
    """Return a plain value as Terraform writes it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


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
        "*": lambda left, right: left * right,
    }
    try:
        return operators[operator](*_known(values))
    except (KeyError, TypeError, ValueError):
        return unknown([_text(node)[:_MAX_TEXT]])


def _call(node: "Node", resolve: Resolve) -> Any:
    name = _text(node.children[0])
    listed = next((each for each in node.children if each.type == "function_arguments"), None)
    arguments = [value_of(each, resolve) for each in listed.children if each.type == "expression"] if listed else []
    try:
        return _FUNCTIONS[name](*arguments)
    except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError):
        return unknown([_text(node)[:_MAX_TEXT]])


def _known(value: Any) -> Any:
    if not is_known(value):
        raise ValueError
    return value


def _merged(*maps: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for each in maps if each is not None for key, value in each.items()}


def _first_known(*values: Any) -> Any:
    return next(each for each in [*(value for value in values if is_known(value) and value is not None), values[-1]])


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "merge": _merged,
    "concat": lambda *lists: [each for one in lists for each in one],
    "tomap": dict,
    "toset": list,
    "tolist": list,
    "tostring": lambda value: value if isinstance(value, dict) else as_text(value),
    "tonumber": lambda value: int(_known(value)),
    "lower": lambda text: _known(text).lower(),
    "upper": lambda text: _known(text).upper(),
    "trimspace": lambda text: _known(text).strip(),
    "replace": lambda text, old, new: _known(text).replace(old, new),
    "format": lambda form, *values: form.replace("%d", "%s") % tuple(map(as_text, map(_known, values))),
    "join": lambda separator, values: join(values, separator),
    "jsonencode": lambda value: json.dumps(_known(value), separators=(",", ":")),
    "abspath": lambda path: path,
    "length": lambda value: len(_known(value)),
    "element": lambda values, index: values[index % len(values)],
    "lookup": lambda values, key, otherwise=None: values.get(key, otherwise),
    "coalesce": _first_known,
    "try": _first_known,
    "one": lambda values: values[0] if isinstance(values, list) else values,
}
