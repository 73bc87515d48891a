"""A module of Terraform: the blocks of a folder's files, with the values that its variables have."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects import terraform_values
from power_tuner_cli.projects.terraform_blocks import Block, block_of, parsed_text, repeated, top_of, with_contents
from power_tuner_cli.projects.terraform_terms import EACH, Instance, Traversal, unknown, within
from power_tuner_cli.projects.terraform_values import value_of

if TYPE_CHECKING:
    from tree_sitter import Node

SUFFIX = ".tf"
_OF_A_CALL = frozenset({"source", "version", "providers", "for_each", "count", "depends_on"})
_MAX_DEPTH = 40
_MAX_CHAIN = 3
# What is the same on each account, or the local AWS's own.
_OF_AWS = {
    "data.aws_region": {"Ref": "AWS::Region"},
    "data.aws_caller_identity": {"Ref": "AWS::AccountId"},
    "data.aws_partition": {"Ref": "AWS::Partition"},
}


MadeIn = Callable[["Module"], dict[str, Any]]


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
    children: "dict[tuple[str, str | int | None], Module]" = field(default_factory=dict)
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
        blocks = [block for file in sorted(folder.glob(f"*{SUFFIX}")) for block in top_of(file).blocks]
        module = cls(folder, root, given, prefix, blocks)
        # for_each may go over what another one makes.
        for _ in range(_MAX_CHAIN):
            module.blocks = [
                each
                for block in module.blocks
                for each in (repeated(block, module.attribute) if block.key is None else [block])
            ]
        module.made = made_in(module)
        module.blocks = [with_contents(block, module.attribute) for block in module.blocks]
        for block in module.of_kind("module"):
            source = module.attribute(block, "source")
            if isinstance(source, str) and source.startswith((".", "/")) and (folder / source).is_dir():
                values = {name: module.attribute(block, name) for name in block.attributes.keys() - _OF_A_CALL}
                child = cls.read(folder / source, root, values, made_in, f"{module.address(block)}.")
                module.children[block.labels[0], block.key] = child
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
        which = "" if block.key is None else f"[{json.dumps(block.key)}]"
        return self.prefix + ".".join(block.labels if block.kind == "resource" else (block.kind, *block.labels)) + which

    def attribute(self, block: Block, name: str) -> Any:
        """Return the value of an attribute; None if the block has none."""
        return self.value(block.attributes[name], block.bound) if name in block.attributes else None

    def value(self, node: "Node", bound: Mapping[str, Any] | None = None) -> Any:
        """Return the value of an expression, in which some names stand for what they are bound to."""
        if self._depth > _MAX_DEPTH:
            raise CliError(
                f"{self.folder}: values refer to each other in a circle, at {(node.text or b'').decode()[:80]}."
            )
        self._depth += 1
        try:
            return value_of(node, lambda named: self._resolve(named, bound or {}))
        finally:
            self._depth -= 1

    def _resolve(self, named: Traversal, bound: Mapping[str, Any]) -> Any:  # noqa: PLR0911 (one for each kind of name)
        kind, name = (*named.parts, "", "")[:2]
        if kind in bound:
            return within(bound[kind], named.parts[1:])
        match kind:
            case "var":
                return within(self._variable(str(name)), named.parts[2:])
            case "local":
                return within(self._local(str(name)), named.parts[2:])
            case "path":
                return os.path.relpath(self.folder, self.root) if name == "module" else "."
            case terraform_values.READ_FILE:
                return (self.root / str(name)).read_text("utf-8")
            case "module":
                return self._output(str(name), named)
        return self._of_resource(named) if name else unknown([named.text])

    def _variable(self, name: str) -> Any:
        declared = next(self.of_kind("variable", name), None)
        if name in self.given:
            given = self.given[name]
            return _as_declared(given, declared) if declared and isinstance(given, str) else given
        if declared and "default" in declared.attributes:
            return self.value(declared.attributes["default"])
        return unknown(name)

    def _local(self, name: str) -> Any:
        for block in self.blocks:
            if block.kind == "locals" and name in block.attributes:
                return self.value(block.attributes[name])
        return unknown([f"local.{name}"])

    def _output(self, name: str, named: Traversal) -> Any:
        keys = [key for label, key in self.children if label == name]
        if several := _several(named, 2, keys):
            return [self._output(name, each) for each in several]
        key, rest = _chosen(named.parts[2:], keys)
        child = self.children.get((name, key))
        for block in child.of_kind("output", str(rest[0])) if child and rest else ():
            return within(child.attribute(block, "value") if child else None, rest[1:])
        return unknown(f"{self.prefix}{named.text}")

    def _of_resource(self, named: Traversal) -> Any:
        """Return what an attribute of a resource or a data source is: made here, or written in its block."""
        kind = "data" if named.parts[0] == "data" else "resource"
        begin = 1 if kind == "data" else 0
        labels = named.parts[begin : begin + 2]
        if known := _OF_AWS.get(".".join(named.text.split(".")[:2])):
            return known
        alike = [block for block in self.blocks if block.kind == kind and block.labels == labels]
        keys = [block.key for block in alike]
        if several := _several(named, begin + 2, keys):
            return [self._of_resource(each) for each in several]
        if keys and not set(named.parts[begin + 2 :]) - set(keys):
            return self._instances(named, begin + 2, keys)
        key, rest = _chosen(named.parts[begin + 2 :], keys)
        for block in alike:
            if block.key == key and rest:
                if known := self.made.get(".".join([self.address(block), *map(str, rest)])):
                    return known
                if rest[0] in block.attributes:
                    return within(self.attribute(block, str(rest[0])), rest[1:])
        return self.made.get(f"{self.prefix}{named.text}") or unknown(f"{self.prefix}{named.text}")

    def _instances(self, named: Traversal, place: int, keys: Sequence[Any]) -> Any:
        """Return a resource as a whole: an instance of it, all of count in a list, or all of for_each by their keys."""

        def instance(of: Traversal) -> Instance:
            return Instance(f"{self.prefix}{of.text}", lambda name: self._of_resource(Traversal((*of.parts, name))))

        if len(named.parts) > place or None in keys:
            return instance(named)
        every = {key: instance(Traversal((*named.parts, key))) for key in keys}
        return list(every.values()) if all(isinstance(key, int) for key in keys) else every


def _several(named: Traversal, place: int, keys: Sequence[str | int | None]) -> list[Traversal]:
    """Return what [*] at a place stands for: each instance of a block, without a key where there is one block."""
    before, after = named.parts[:place], named.parts[place + 1 :]
    if named.parts[place : place + 1] != (EACH,):
        return []
    return [Traversal((*before, *(() if key is None else (key,)), *after)) for key in keys]


def _chosen(parts: Sequence[Any], keys: Sequence[str | int | None]) -> tuple[str | int | None, list[Any]]:
    """Return which of several blocks is named, the first without a key, and the rest of the parts."""
    if parts and parts[0] in keys:
        return parts[0], list(parts[1:])
    plain = [part for part in parts if not isinstance(part, int)]
    return next(iter(keys), None), plain


def _as_declared(text: str, variable: Block) -> Any:
    """Return the value of a variable that was given as text, as an expression where it is to be no text."""
    kind = variable.attributes.get("type")
    if kind is None or (kind.text or b"").decode() in {"string", "any"}:
        return text
    try:
        top = block_of(parsed_text(f"value = {text}\n"), variable.file)
    except CliError:
        return text
    expression = top.attributes.get("value")
    return text if expression is None else value_of(expression, lambda named: unknown([named.text]))


def values_in(file: Path) -> dict[str, Any]:
    """Return the values of a file of variables: terraform.tfvars, or the same in JSON.

    Raises:
        CliError: It is neither, or is not there.
    """
    if file.suffix == ".json":
        try:
            return dict(json.loads(file.read_text("utf-8-sig")))
        except (ValueError, TypeError):
            raise CliError(f"{file} is no object in JSON, as a file of variables is to be.") from None
    return {name: value_of(each, lambda named: unknown([named.text])) for name, each in top_of(file).attributes.items()}
