"""The memory size of a function in the file that declares it: changed in place, and nothing else of the file."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner_cli.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.nodes import MappingNode, Node

_FUNCTION_TYPES = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})
_DIGITS = re.compile("[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A function that a file declares.

    Attributes:
        settings: What holds its memory size; None if that is no plain mapping.
        name: The function's name, if the file says it.
    """

    settings: "MappingNode | None"
    name: str | None
    deployed_alike: bool


@dataclass(frozen=True, slots=True)
class _Declared:
    """The functions of a file, and what it says of all of them.

    Attributes:
        key: What the memory size is called.
        shared: The values that hold for every function without one of its own.
        default_mb: What a function has if the file says nothing.
    """

    key: str
    functions: dict[str, _Entry]
    shared: "MappingNode | None"
    default_mb: int


def patched(text: str, *, deployed: str, entry: str | None, from_mb: int, to_mb: int) -> str:
    """Return a SAM or CloudFormation template, or a serverless.yml, with another memory size of one function.

    Args:
        text: The file.
        deployed: The name of the function as it is deployed.
        entry: What the file calls it; None to find it by its name.
        from_mb: The memory size that was measured as today's.
        to_mb: The memory size to write.

    Raises:
        CliError: The function is not found or not the only one, its memory size is no number there, is shared with
            others, or is not the one that was measured.
    """
    root = _composed(text)
    declared = _declared(root, deployed)
    name, settings = _chosen(declared, deployed, entry)
    key = declared.key
    own = _values(settings, key)
    if len(own) > 1:
        raise CliError(f"{name} has {key} twice: take one out.")
    if _shared_nodes(root) & {id(settings), *map(id, own)}:
        raise CliError(f"Settings of {name} are shared with other places of the file (an anchor): change it by hand.")
    if not own and _values(settings, "<<"):
        raise CliError(
            f"{name} takes settings from elsewhere in the file (<<), maybe its {key} too: change it by hand."
        )
    shared = _values(declared.shared, key) if declared.shared else []
    said = own or shared
    today_mb = _number(text, said[0], name, key) if said else declared.default_mb
    if today_mb == to_mb:
        raise CliError(f"{name} has {to_mb} MB in this file already.")
    if today_mb != from_mb:
        raise CliError(
            f"{name} has {today_mb} MB in this file, but {from_mb} MB when it was measured: tune the function again as "
            "the file declares it."
        )
    if own:
        start, end = own[0].start_mark.index, own[0].end_mark.index
        return text[:start] + text[start:end].replace(str(today_mb), str(to_mb)) + text[end:]
    return _with_line(text, settings, name, f"{key}: {to_mb}")


def _composed(text: str) -> "MappingNode":
    from yaml import SafeLoader, YAMLError, compose
    from yaml.nodes import MappingNode

    try:
        root = compose(text, Loader=SafeLoader)
    except (YAMLError, RecursionError) as error:
        raise CliError(f"The file is neither YAML nor JSON ({' '.join(str(error).split())[:200]}).") from None
    if not isinstance(root, MappingNode):
        raise CliError("The file declares no functions: give a SAM or CloudFormation template, or a serverless.yml.")
    return root


def _declared(root: "MappingNode", deployed: str) -> _Declared:
    resources = _mapping(root, "Resources")
    if resources:
        functions = {
            logical_id: _Entry(
                _mapping(body, "Properties"),
                name := _text(_mapping(body, "Properties"), "FunctionName"),
                # CloudFormation's own names: stack, logical id, random letters.
                deployed_alike=name is None and f"-{logical_id}-" in deployed,
            )
            for logical_id, body in _pairs(resources)
            if _text(body, "Type") in _FUNCTION_TYPES
        }
        global_values = _mapping(_mapping(root, "Globals"), "Function")
        return _Declared("MemorySize", functions, global_values, 128)
    if _values(root, "service"):
        functions = {
            key: _Entry(body, name := _text(body, "name"), deployed_alike=name is None and deployed.endswith(f"-{key}"))
            for key, body in _pairs(_mapping(root, "functions"))
        }
        return _Declared("memorySize", functions, _mapping(root, "provider"), 1024)
    raise CliError("The file declares no functions: give a SAM or CloudFormation template, or a serverless.yml.")


def _chosen(declared: _Declared, deployed: str, entry: str | None) -> "tuple[str, MappingNode]":
    names = ", ".join(declared.functions) or "none"
    if entry is None:
        found = [key for key, each in declared.functions.items() if each.name == deployed or each.deployed_alike]
        if len(found) != 1:
            raise CliError(
                f"{len(found) or 'No'} functions of this file may be {deployed}. Name one as FILE:NAME, of: {names}."
            )
        entry = found[0]
    if entry not in declared.functions:
        raise CliError(f"This file declares no function {entry}; it has: {names}.")
    settings = declared.functions[entry].settings
    if settings is None:
        raise CliError(f"What this file says of {entry} is not written out there: change it by hand.")
    return entry, settings


def _shared_nodes(root: "MappingNode") -> set[int]:
    """Return the ids of all nodes that an alias repeats, with what is in them."""
    nodes = list(_references(root))
    used = Counter(map(id, nodes))
    repeated = {id(node): node for node in nodes if used[id(node)] > 1}
    return {id(inner) for node in repeated.values() for inner in _references(node)}


def _references(root: "Node") -> "Iterator[Node]":
    """Yield every node as often as something refers to it."""
    from yaml.nodes import MappingNode, SequenceNode

    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, SequenceNode):
            waiting += node.value


def _number(text: str, node: "Node", name: str, key: str) -> int:
    written = text[node.start_mark.index : node.end_mark.index]
    bare = written[1:-1] if written[:1] in ("'", '"') and written[-1:] == written[:1] else written
    if not _DIGITS.fullmatch(bare):
        shown = " ".join(written.split())[:60]
        raise CliError(f"{key} of {name} is no number in this file ({shown}): change it where it comes from.")
    return int(bare)


def _with_line(text: str, settings: "MappingNode", name: str, line: str) -> str:
    """Return the text with one more line, below the first setting that takes one line."""
    from yaml.nodes import ScalarNode

    for key, value in settings.value:
        one_line = isinstance(value, ScalarNode) and key.start_mark.line == value.end_mark.line
        if settings.flow_style or not one_line:
            continue
        indent = text[key.start_mark.index - key.start_mark.column : key.start_mark.index]
        if indent.strip():
            continue
        ended = text.find("\n", value.end_mark.index)
        line_end = "\r\n" if "\r\n" in text else "\n"
        if ended < 0:
            return f"{text}{line_end}{indent}{line}"
        return f"{text[: ended + 1]}{indent}{line}{line_end}{text[ended + 1 :]}"
    raise CliError(f"{name} has no memory size in this file, and no place for a line of its own: add {line!r} by hand.")


def _pairs(node: "Node | None") -> "Iterator[tuple[str, MappingNode]]":
    from yaml.nodes import MappingNode

    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(value, MappingNode):
                yield str(key.value), value


def _values(node: "MappingNode", key: str) -> "list[Node]":
    return [value for name, value in node.value if name.value == key]


def _mapping(node: "MappingNode | None", key: str) -> "MappingNode | None":
    return dict(_pairs(node)).get(key)


def _text(node: "MappingNode | None", key: str) -> str | None:
    from yaml.nodes import ScalarNode

    found = _values(node, key) if node else []
    return str(found[0].value) if found and isinstance(found[0], ScalarNode) else None
