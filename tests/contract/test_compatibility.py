"""docs/compatibility.md: no row of its tables is untested."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compatibility.md").read_text("utf-8")
# Where the tests of a table are that name no file.
OF_TABLE = {"## Input": "test_fields.py", "## Deploy parameters": "test_parameters.py", "## Results": None}
# The table of fields and that of forms are generated; a test runs each row of the latter.
GENERATED = re.compile(r"<!-- make generate writes from here \.\.\. -->.*?<!-- \.\.\. to here -->", re.DOTALL)


@cache
def known_tests() -> dict[str, set[str]]:
    """Return the tests there are, by the name of their file."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        found[path.name] |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return found


def rows() -> list[tuple[str, str]]:
    """Return the title and the row of each hand-written table."""
    found, title = [], ""
    for line in GENERATED.sub("", PAGE).splitlines():
        title = line if line.startswith("## ") else title
        if line.startswith("| ") and not re.match(r"\| (field|parameter|what) \|", line):
            found.append((title, line))
    return found


@pytest.mark.parametrize(("title", "row"), rows())
def test_each_row_names_a_test_that_exists(title: str, row: str) -> None:
    """One at least; "the same" is that of the row above."""
    tests = row.split("|")[2]
    if tests.strip() == "the same":
        return
    named = re.findall(r"`(?:(test_\w+\.py)::)?(test_\w+)`", tests)
    there = known_tests()

    assert named
    assert [name for file, name in named if name not in there[file or str(OF_TABLE[title])]] == []


def test_all_tables_are_read() -> None:
    """A table under another heading would be passed over."""
    assert {title for title, _ in rows()} == set(OF_TABLE)
