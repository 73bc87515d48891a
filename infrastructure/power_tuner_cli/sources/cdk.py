"""The functions of a CDK stack: constructs whose class is called ...Function, in TypeScript, JavaScript or Python."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner_cli.sources.declared import DeclaredFunction
from power_tuner_cli.sources.names import may_be_named, may_be_of_construct
from power_tuner_cli.sources.syntax import SourceTree, parsed, walk

if TYPE_CHECKING:
    from tree_sitter import Node

# What a Lambda function has, and the functions of other services (of CloudFront, say) have not.
_SIGNS = frozenset({"handler", "entry", "index", "memorySize", "memory_size"})
_STRINGS = frozenset({"string", "template_string"})
_PUT_IN = frozenset({"template_substitution", "interpolation"})
_LITERAL = frozenset({"string_fragment", "string_content", "escape_sequence"})


@dataclass(frozen=True, slots=True)
class _Construct:
    """A construct as its constructor is called.

    Attributes:
        class_name: Its class, with what stands before it.
        construct_id: Its id; None if that is no literal.
        settings: Its settings by name, in the order of the file.
        elsewhere: The settings that are taken over from elsewhere.
        in_full: Whether the settings are written out at all.
    """

    class_name: str
    construct_id: str | None
    settings: "dict[str, Node]"
    elsewhere: "list[Node]"
    in_full: bool


def functions_of_typescript(text: str, deployed: str) -> list[DeclaredFunction]:
    """Return the functions of a CDK file in TypeScript or JavaScript.

    Args:
        text: The file.
        deployed: The name of the function that was tuned.

    Raises:
        CliError: It is neither.
    """
    import tree_sitter_typescript
    from tree_sitter import Language

    tree = parsed(text, Language(tree_sitter_typescript.language_typescript()), "TypeScript")
    made = (_typescript(tree, node) for node in walk(tree.root) if node.type == "new_expression")
    return [each for construct in made if construct and (each := _function(tree, construct, deployed, _CAMEL))]


def functions_of_python(text: str, deployed: str) -> list[DeclaredFunction]:
    """Return the functions of a CDK file in Python.

    Args:
        text: The file.
        deployed: The name of the function that was tuned.

    Raises:
        CliError: It is no Python.
    """
    import tree_sitter_python
    from tree_sitter import Language

    tree = parsed(text, Language(tree_sitter_python.language()), "Python")
    made = (_python(tree, node) for node in walk(tree.root) if node.type == "call")
    return [each for construct in made if construct and (each := _function(tree, construct, deployed, _SNAKE))]


@dataclass(frozen=True, slots=True)
class _Language:
    """How settings are written."""

    memory_size: str
    function_name: str
    assign: str
    overrides: bool


_CAMEL = _Language("memorySize", "functionName", ": ", overrides=True)
# In Python a setting that is given twice is an error, so one that is written out is the one that counts.
_SNAKE = _Language("memory_size", "function_name", "=", overrides=False)


def _typescript(tree: SourceTree, node: "Node") -> _Construct | None:
    class_node = node.child_by_field_name("constructor")
    arguments = node.child_by_field_name("arguments")
    given = [each for each in arguments.named_children if each.type != "comment"] if arguments else []
    if class_node is None or len(given) < 2:  # noqa: PLR2004 - scope and id
        return None
    settings: dict[str, Node] = {}
    elsewhere: list[Node] = []
    written_out = len(given) > 2 and given[2].type == "object"  # noqa: PLR2004 - scope, id, settings
    for member in given[2].named_children if written_out else []:
        key = member.child_by_field_name("key")
        value = member.child_by_field_name("value")
        if member.type == "pair" and key and value:
            settings[tree.text(key).strip("'\"")] = value
        elif member.type == "shorthand_property_identifier":
            settings[tree.text(member)] = member
        elif member.type == "spread_element":
            elsewhere.append(member)
    return _Construct(tree.text(class_node), _literal(tree, given[1]), settings, elsewhere, in_full=written_out)


def _python(tree: SourceTree, node: "Node") -> _Construct | None:
    class_node = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    given = [each for each in arguments.named_children if each.type != "comment"] if arguments else []
    settings: dict[str, Node] = {}
    for each in given:
        key, value = each.child_by_field_name("name"), each.child_by_field_name("value")
        if each.type == "keyword_argument" and key and value:
            settings[tree.text(key)] = value
    positional = [each for each in given if each.type not in {"keyword_argument", "dictionary_splat", "list_splat"}]
    named = settings.get("id") or (positional[1] if len(positional) > 1 else None)
    if class_node is None or named is None:
        return None
    elsewhere = [each for each in given if each.type == "dictionary_splat"]
    return _Construct(tree.text(class_node), _literal(tree, named), settings, elsewhere, in_full=True)


def _function(tree: SourceTree, made: _Construct, deployed: str, language: _Language) -> DeclaredFunction | None:
    if not made.class_name.endswith("Function") or made.construct_id is None:
        return None
    if made.in_full and not made.elsewhere and not _SIGNS & made.settings.keys():
        return None
    own = made.settings.get(language.memory_size)
    named = made.settings.get(language.function_name)
    before = f"{language.memory_size}{language.assign}"
    first = next(iter(made.settings.values()), None)
    return DeclaredFunction(
        made.construct_id,
        language.memory_size,
        may_be_deployed=(
            may_be_named(_parts(tree, named), deployed) if named else may_be_of_construct(made.construct_id, deployed)
        ),
        own=tree.span(own) if own else None,
        addition=tree.addition_before(_member(first), before, ",") if first else None,
        obstacle=_obstacle(tree, made, own, language),
    )


def _obstacle(tree: SourceTree, made: _Construct, own: "Node | None", language: _Language) -> str | None:
    if not made.in_full:
        return f"What this file says of {made.construct_id} is not written out there"
    later = [each for each in made.elsewhere if own is None or (language.overrides and each.start_byte > own.end_byte)]
    if later:
        return (
            f"{made.construct_id} takes settings from elsewhere ({tree.text(later[0])}), maybe its "
            f"{language.memory_size} too"
        )
    return None


def _member(value: "Node") -> "Node":
    """Return the setting that a value belongs to."""
    parent = value.parent
    return parent if parent is not None and parent.type in {"pair", "keyword_argument"} else value


def _literal(tree: SourceTree, node: "Node") -> str | None:
    parts = _parts(tree, node)
    return "".join(part for part in parts if part) if parts and None not in parts else None


def _parts(tree: SourceTree, node: "Node") -> list[str | None]:
    """Return the parts of a string, None for what is put in; nothing if it is no string."""
    if node.type not in _STRINGS:
        return []
    return [
        tree.text(part) if part.type in _LITERAL else None for part in node.children if part.type in _LITERAL | _PUT_IN
    ]
