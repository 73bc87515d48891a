"""What the documents say of the repository is true of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("events/*.md")])
# Documents write a path from the repository's root, from a package or from their own folder.
FOLDERS = [ROOT, ROOT / "handlers/power_tuner", ROOT / "infrastructure"]
PATH = re.compile(r"`([\w.-]+/[\w./-]*(?:/|\.(?:py|json|md|yaml|html|toml|txt)))`")
LINK = re.compile(r"\]\(([^):#]+)[^):]*\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_paths_exist(document: Path) -> None:
    """A path in backquotes is one of the repository."""
    paths = PATH.findall(document.read_text(encoding="utf-8"))

    assert [path for path in paths if not any((folder / path).exists() for folder in [document.parent, *FOLDERS])] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_linked_files_exist(document: Path) -> None:
    """A link within the repository leads somewhere."""
    links = LINK.findall(document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_what_a_path_is() -> None:
    """A file or a folder in backquotes is a path; a key in the app's bucket with a placeholder is none."""
    text = "`tuning/lease.py`, `tests/unit/`, `runs/<run>/plan.json`"

    assert PATH.findall(text) == ["tuning/lease.py", "tests/unit/"]
