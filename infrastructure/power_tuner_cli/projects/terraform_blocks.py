"""Blocks of Terraform's language: read from files, and those that for_each, count and dynamic make of one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.terraform_terms import is_made
from power_tuner_cli.sources.syntax import parsed

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(slots=True)
class Block:
    """A block: `resource "aws_sqs_queue" "orders" {...}`.

    Attributes:
        kind: The word before its labels.
        labels: The labels.
        attributes: The expressions in it by name.
        blocks: The blocks in it.
        file: The file that it is in.
        key: Which of those it is that for_each or count makes of one; None if it is the only one.
        bound: What each, count and the iterators of dynamic blocks stand for in it.
    """

    kind: str
    labels: tuple[str, ...]
    attributes: "dict[str, Node]"
    blocks: "list[Block]"
    file: Path
    key: str | int | None = None
    bound: Mapping[str, Any] = field(default_factory=dict)

    def inner(self, kind: str) -> "list[Block]":
        """Return the blocks in it of a kind, those that are written as dynamic too."""
        dynamic = (each for each in self.blocks if each.kind == "dynamic" and each.labels == (kind,))
        contents = (inner for each in dynamic for inner in each.blocks if inner.kind == "content")
        return [*(each for each in self.blocks if each.kind == kind), *contents]


ValueIn = Callable[[Block, str], Any]


def repeated(block: Block, value_in: ValueIn) -> Iterator[Block]:
    """Yield what for_each or count make of a block; itself, where that is one or is not known here."""
    several, count = value_in(block, "for_each"), value_in(block, "count")
    if (pairs := _pairs(several)) is not None:
        for key, value in pairs.items():
            yield _bound(block, {"each": {"key": key, "value": value}}, key)
    elif isinstance(count, int) and count > 1:
        for number in range(count):
            yield _bound(block, {"count": {"index": number}}, number)
    else:
        yield _bound(block, {"count": {"index": 0}}, None)


def with_contents(block: Block, value_in: ValueIn) -> Block:
    """Return a block with the contents of its dynamic blocks in their place, as far as it is known which there are."""
    found: list[Block] = []
    for each in block.blocks:
        contents = [inner for inner in each.blocks if inner.kind == "content"]
        pairs = _pairs(value_in(each, "for_each")) if each.kind == "dynamic" and contents else None
        if pairs is None:
            found.append(with_contents(each, value_in))
            continue
        iterator = each.attributes.get("iterator")
        name = (iterator.text or b"").decode() if iterator else each.labels[0]
        for key, value in pairs.items():
            content = _bound(contents[0], {name: {"key": key, "value": value}}, None)
            found.append(with_contents(replace(content, kind=each.labels[0]), value_in))
    return replace(block, blocks=found)


def _pairs(several: Any) -> dict[Any, Any] | None:
    """Return the keys and values of a collection; None if it is not known here."""
    if isinstance(several, list):
        return {each if isinstance(each, str) else number: each for number, each in enumerate(several)}
    return several if isinstance(several, dict) and (not several or not is_made(several)) else None


def _bound(block: Block, more: Mapping[str, Any], key: str | int | None) -> Block:
    inner = [_bound(each, more, None) for each in block.blocks]
    return replace(block, blocks=inner, key=key, bound={**block.bound, **more})


def top_of(file: Path) -> Block:
    """Return all that a file holds, as one block without a kind.

    Raises:
        CliError: It is no HCL.
    """
    try:
        return block_of(parsed_text(file.read_text("utf-8-sig")), file)
    except OSError as error:
        raise CliError(f"{file} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise CliError(f"{file} is not text in UTF-8.") from None
    except CliError as error:
        raise CliError(f"{file}: {error}") from None


def parsed_text(text: str) -> "Node":
    """Return what a text holds.

    Raises:
        CliError: It is no HCL.
    """
    import tree_sitter_hcl
    from tree_sitter import Language

    return parsed(text, Language(tree_sitter_hcl.language()), "Terraform").root


def block_of(node: "Node", file: Path) -> Block:
    """Return a block, or all of a file as one without a kind."""
    words = [child for child in node.children if child.type in {"identifier", "string_lit"}]
    kind, *labels = [(each.text or b"").decode().strip('"') for each in words] or [""]
    inside = [child for body in node.children if body.type == "body" for child in body.children]
    attributes = {
        (each.children[0].text or b"").decode(): each.children[-1] for each in inside if each.type == "attribute"
    }
    return Block(
        kind, tuple(labels), attributes, [block_of(each, file) for each in inside if each.type == "block"], file
    )
