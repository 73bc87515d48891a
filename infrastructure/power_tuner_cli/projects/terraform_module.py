"""A module of Terraform: the blocks of a folder's files, with the values that its variables have."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.terraform_values import Traversal, item, unknown, value_of
from power_tuner_cli.sources.syntax import parsed

if TYPE_CHECKING:
    from tree_sitter import Node

SUFFIX = ".tf"
_MAX_DEPTH = 40
# What is the same on each account, or the local AWS's own.
_OF_AWS = {
    "data.aws_region": {"Ref": "AWS::Region"},
    "data.aws_caller_identity": {"Ref": "AWS::AccountId"},
    "data.aws_partition": {"Ref": "AWS::Partition"},
}


MadeIn = Callable[["Module"], dict[str, Any]]


@dataclass(slots=True)
class Block:
    """A block: `resource "aws_sqs_queue" "orders" {...}`.

    Attributes:
        kind: The word before its labels.
        labels: The labels.
        attributes: The expressions in it by name.
        blocks: The blocks in it.
        file: The file that it is in.
    """

    kind: str
    labels: tuple[str, ...]
    attributes: "dict[str, Node]"
    blocks: "list[Block]"
    file: Path

    def inner(self, kind: str) -> "list[Block]":
        """Return the blocks in it of a kind, those that are written as dynamic too."""
        dynamic = (each for each in self.blocks if each.kind == "dynamic" and each.labels == (kind,))
        contents = (inner for each in dynamic for inner in each.blocks if inner.kind == "content")
        return [*(each for each in self.blocks if each.kind == kind), *contents]


@dataclass(slots=True)
class Module:
    """A folder of Terraform files.

    Attributes:
        folder: The folder.
        root: The folder of the root module, where relative paths start.
        given: Values of its variables; at the root those that people give, also of whatever else is not known here.
        prefix: Its address with a dot behind it; empty for the root.
        made: What CloudFormation says for attributes of resources, by address and attribute.
    """

    folder: Path
    root: Path
    given: Mapping[str, Any]
    prefix: str = ""
    blocks: list[Block] = field(default_factory=list)
    children: "dict[str, Module]" = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    _depth: int = 0

    @classmethod
    def read(cls, folder: Path, root: Path, given: Mapping[str, Any], made_in: MadeIn, prefix: str = "") -> "Module":
        """Read a folder's files, and the modules of this machine that they call.

        Args:
            folder: The folder.
            root: The folder of the root module.
            given: Values of variables.
            made_in: Returns what CloudFormation says for attributes of a module's resources.
            prefix: The module's address with a dot behind it.

        Raises:
            CliError: A file is no HCL.
        """
        blocks = [block for file in sorted(folder.glob(f"*{SUFFIX}")) for block in _blocks_of(file)]
        module = cls(folder, root, given, prefix, blocks)
        module.made = made_in(module)
        for block in module.of_kind("module"):
            source = module.attribute(block, "source")
            if isinstance(source, str) and source.startswith((".", "/")) and (folder / source).is_dir():
                values = {name: module.value(each) for name, each in block.attributes.items() if name != "source"}
                address = f"{prefix}module.{block.labels[0]}."
                module.children[block.labels[0]] = cls.read(folder / source, root, values, made_in, address)
        return module

    def of_kind(self, kind: str, label: str | None = None) -> Iterator[Block]:
        """Yield the blocks of a kind, and of a type if they have one."""
        for block in self.blocks:
            if block.kind == kind and block.labels and label in {None, block.labels[0]}:
                yield block

    def every(self) -> "Iterator[Module]":
        """Yield this module and all that it calls."""
        yield self
        for child in self.children.values():
            yield from child.every()

    def address(self, block: Block) -> str:
        """Return the address of a resource, of data or of a call of a module."""
        return self.prefix + ".".join(block.labels if block.kind == "resource" else (block.kind, *block.labels))

    def attribute(self, block: Block, name: str) -> Any:
        """Return the value of an attribute; None if the block has none."""
        return self.value(block.attributes[name]) if name in block.attributes else None

    def value(self, node: "Node") -> Any:
        """Return the value of an expression."""
        if self._depth > _MAX_DEPTH:
            raise CliError(
                f"{self.folder}: values refer to each other in a circle, at {(node.text or b'').decode()[:80]}."
            )
        self._depth += 1
        try:
            return value_of(node, self._resolve)
        finally:
            self._depth -= 1

    def _resolve(self, named: Traversal) -> Any:
        kind, name = (*named.parts, "", "")[:2]
        match kind:
            case "var":
                return _within(self._variable(str(name)), named.parts[2:])
            case "local":
                return _within(self._local(str(name)), named.parts[2:])
            case "path":
                return os.path.relpath(self.folder, self.root) if name == "module" else "."
            case "module":
                return self._output(str(name), named)
        return self._of_resource(named) if name else unknown([named.text])

    def _variable(self, name: str) -> Any:
        if name in self.given:
            return self.given[name]
        for block in self.of_kind("variable", name):
            if "default" in block.attributes:
                return self.value(block.attributes["default"])
        return unknown(name)

    def _local(self, name: str) -> Any:
        for block in self.blocks:
            if block.kind == "locals" and name in block.attributes:
                return self.value(block.attributes[name])
        return unknown([f"local.{name}"])

    def _output(self, name: str, named: Traversal) -> Any:
        child = self.children.get(name)
        plain = [part for part in named.parts if not isinstance(part, int)]
        if child is not None and len(plain) > 2:  # noqa: PLR2004 - module, its name, its output
            for block in child.of_kind("output", str(plain[2])):
                return _within(child.attribute(block, "value"), plain[3:])
        return unknown(f"{self.prefix}{named.text}")

    def _of_resource(self, named: Traversal) -> Any:
        """Return what an attribute of a resource or a data source is: made here, or written in its block."""
        plain = [part for part in named.parts if not isinstance(part, int)]
        kind, labels = ("data", plain[1:3]) if plain[0] == "data" else ("resource", plain[:2])
        attribute = plain[len(labels) + (kind == "data") :]
        if known := self.made.get(f"{self.prefix}{named.text}") or _OF_AWS.get(".".join(named.text.split(".")[:2])):
            return known
        for block in self.blocks:
            if block.kind == kind and list(block.labels) == labels and attribute and attribute[0] in block.attributes:
                return _within(self.value(block.attributes[attribute[0]]), attribute[1:])
        return unknown(f"{self.prefix}{named.text}")


def _within(value: Any, keys: Sequence[Any]) -> Any:
    for key in keys:
        value = item(value, key)
    return value


def values_in(file: Path) -> dict[str, Any]:
    """Return the values of a file of variables (terraform.tfvars).

    Raises:
        CliError: It is no HCL.
    """
    top = _block_of(_read(file), file)
    return {name: value_of(each, lambda named: unknown([named.text])) for name, each in top.attributes.items()}


def _blocks_of(file: Path) -> Iterator[Block]:
    yield from _block_of(_read(file), file).blocks


def _read(file: Path) -> "Node":
    import tree_sitter_hcl
    from tree_sitter import Language

    try:
        text = file.read_text("utf-8-sig")
        tree = parsed(text, Language(tree_sitter_hcl.language()), "Terraform")
    except UnicodeDecodeError:
        raise CliError(f"{file} is not text in UTF-8.") from None
    except CliError as error:
        raise CliError(f"{file}: {error}") from None
    return tree.root


def _block_of(node: "Node", file: Path) -> Block:
    """Return a block, or all of a file as one without a kind."""
    words = [child for child in node.children if child.type in {"identifier", "string_lit"}]
    kind, *labels = [(each.text or b"").decode().strip('"') for each in words] or [""]
    inside = [child for body in node.children if body.type == "body" for child in body.children]
    attributes = {
        (each.children[0].text or b"").decode(): each.children[-1] for each in inside if each.type == "attribute"
    }
    return Block(
        kind, tuple(labels), attributes, [_block_of(each, file) for each in inside if each.type == "block"], file
    )
