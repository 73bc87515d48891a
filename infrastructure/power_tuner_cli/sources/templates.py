"""The functions of SAM and CloudFormation templates, and of the Serverless Framework's serverless.yml."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner_cli.errors import CliError
from power_tuner_cli.sources.declared import Addition, DeclaredFunction, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.nodes import MappingNode, Node

_FUNCTION_TYPES = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})
_NO_FUNCTIONS = (
    "The file declares no functions: give a SAM or CloudFormation template, a serverless.yml, a Terraform file (.tf), "
    "or a CDK stack in TypeScript, JavaScript or Python."
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of file.

    Attributes:
        key: What the memory size is called.
        default_mb: What a function has if the file says nothing.
        shared: The values that hold for every function without one of its own.
    """

    key: str
    default_mb: int
    shared: "MappingNode | None"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A function of the file; its settings are None if they are no plain mapping."""

    name: str
    settings: "MappingNode | None"
    may_be_deployed: bool


def functions_of_template(text: str, deployed: str) -> list[DeclaredFunction]:
    """Return the functions of a SAM or CloudFormation template, or of a serverless.yml.

    Args:
        text: The file, YAML or JSON.
        deployed: The name of the function that was tuned.

    Raises:
        CliError: It is neither, or declares no functions.
    """
    root = _composed(text)
    shared_nodes = _shared_nodes(root)
    resources = _mapping(root, "Resources")
    if resources:
        kind = _Kind("MemorySize", 128, _mapping(_mapping(root, "Globals"), "Function"))
        entries = [
            _Entry(logical_id, settings, name == deployed if name else f"-{logical_id}-" in deployed)
            for logical_id, body in _pairs(resources)
            if _text(body, "Type") in _FUNCTION_TYPES
            for settings in (_mapping(body, "Properties"),)
            for name in (_text(settings, "FunctionName"),)
        ]
    elif _values(root, "service"):
        kind = _Kind("memorySize", 1024, _mapping(root, "provider"))
        entries = [
            _Entry(key, body, name == deployed if name else deployed.endswith(f"-{key}"))
            for key, body in _pairs(_mapping(root, "functions"))
            for name in (_text(body, "name"),)
        ]
    else:
        raise CliError(_NO_FUNCTIONS)
    return [_function(text, shared_nodes, kind, entry) for entry in entries]


def _function(text: str, shared_nodes: set[int], kind: _Kind, entry: _Entry) -> DeclaredFunction:
    name, settings, may_be = entry.name, entry.settings, entry.may_be_deployed
    if settings is None:
        return DeclaredFunction(
            name, kind.key, may_be, obstacle=f"What this file says of {name} is not written out there"
        )
    own = _values(settings, kind.key)
    shared = _values(kind.shared, kind.key) if kind.shared else []
    obstacle = None
    if len(own) > 1:
        obstacle = f"{name} has {kind.key} twice"
    elif shared_nodes & {id(settings), *map(id, own)}:
        obstacle = f"Settings of {name} are shared with other places of the file (an anchor)"
    elif not own and _values(settings, "<<"):
        obstacle = f"{name} takes settings from elsewhere in the file (<<), maybe its {kind.key} too"
    return DeclaredFunction(
        name,
        kind.key,
        may_be,
        own=_span(own),
        inherited=_span(shared),
        default_mb=kind.default_mb,
        addition=_line(text, settings, kind.key),
        obstacle=obstacle,
    )


def _composed(text: str) -> "MappingNode":
    from yaml import SafeLoader, YAMLError, compose
    from yaml.nodes import MappingNode

    try:
        root = compose(text, Loader=SafeLoader)
    except (YAMLError, RecursionError) as error:
        raise CliError(f"The file is neither YAML nor JSON ({' '.join(str(error).split())[:200]}).") from None
    if not isinstance(root, MappingNode):
        raise CliError(_NO_FUNCTIONS)
    return root


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


def _span(values: "list[Node]") -> Span | None:
    return Span(values[0].start_mark.index, values[0].end_mark.index) if values else None


def _line(text: str, settings: "MappingNode", key: str) -> Addition | None:
    """Return the place below the first setting that takes one line."""
    from yaml.nodes import ScalarNode

    for name, value in settings.value:
        one_line = isinstance(value, ScalarNode) and name.start_mark.line == value.end_mark.line
        if settings.flow_style or not one_line:
            continue
        indent = text[name.start_mark.index - name.start_mark.column : name.start_mark.index]
        if indent.strip():
            continue
        ended = text.find("\n", value.end_mark.index)
        line_end = "\r\n" if "\r\n" in text else "\n"
        if ended < 0:
            return Addition(len(text), f"{line_end}{indent}{key}: ", "")
        return Addition(ended + 1, f"{indent}{key}: ", line_end)
    return None


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
