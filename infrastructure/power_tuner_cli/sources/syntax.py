"""Source code as a tree (tree-sitter): what stands where, whatever the language."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner_cli.errors import CliError
from power_tuner_cli.sources.declared import Addition, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Language, Node


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A file of source code, and its tree; the tree counts in bytes of UTF-8, the file in characters."""

    code: bytes
    root: "Node"

    def text(self, node: "Node") -> str:
        """Return what stands at a node."""
        return self.code[node.start_byte : node.end_byte].decode()

    def span(self, node: "Node") -> Span:
        """Return where a node stands, in characters."""
        return Span(self._characters(node.start_byte), self._characters(node.end_byte))

    def addition_before(self, node: "Node", before: str, after: str) -> Addition:
        """Return the place in front of a node: on a line of its own if the node is the first on its line."""
        line_start = self.code.rfind(b"\n", 0, node.start_byte) + 1
        indent = self.code[line_start : node.start_byte].decode()
        line_end = "\r\n" if b"\r\n" in self.code else "\n"
        return Addition(
            self._characters(node.start_byte), before, after + (" " if indent.strip() else f"{line_end}{indent}")
        )

    def _characters(self, offset: int) -> int:
        return len(self.code[:offset].decode())


def parsed(text: str, language: "Language", called: str) -> SourceTree:
    """Return the tree of a file.

    Args:
        text: The file.
        language: Its language.
        called: The language's name for people.

    Raises:
        CliError: The file is not of this language.
    """
    from tree_sitter import Parser

    code = text.encode()
    root = Parser(language).parse(code).root_node
    if root.has_error:
        wrong = next((node for node in walk(root) if node.is_error or node.is_missing), root)
        raise CliError(f"Line {wrong.start_point.row + 1} of the file cannot be read as {called}.")
    return SourceTree(code, root)


def walk(node: "Node") -> "Iterator[Node]":
    """Yield a node and all that is in it, in the order of the file."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += reversed(found.children)
