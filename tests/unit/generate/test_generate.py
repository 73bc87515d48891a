"""What is written from the table of fields: schemas, examples and docs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from generate.__main__ import ROOT, main
from generate.json_text import json_text


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy what is generated, to be changed."""
    for folder in ("events", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "template.yaml", tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_all_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """The repository's schemas, examples and docs follow from the table; else: `make generate`."""
    code = main(["--check"])

    assert (0, "") == (code, capsys.readouterr().out)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("events/schemas/run-input.json", '"maximum": 0.4', '"maximum": 0.5'),
        ("events/schemas/definitions.json", '"p90"', '"p91"'),
        ("events/schemas/result-document.json", '"required": ["powerValues"]', '"required": []'),
        ("events/examples/power-tuning-completed.json", '"onlyColdStarts": false,', ""),
        ("docs/compatibility.md", "| `--balanced-weight` |", "| |"),
    ],
)
def test_what_does_not_follow_is_found_and_written(
    tree: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str
) -> None:
    """A check names the file and changes nothing; without it the file is written."""
    change(tree / file, old, new)
    changed = (tree / file).read_text("utf-8")

    assert 1 == main(["--check"], tree)
    assert f"{file} does not follow the table of fields: run `make generate`.\n" == capsys.readouterr().out
    assert changed == (tree / file).read_text("utf-8")
    assert 0 == main([], tree)
    assert 0 == main(["--check"], tree)


def test_what_is_written_by_hand_stays(tree: Path) -> None:
    """The rest of docs and of shared schemas is left alone."""
    change(tree / "docs/compatibility.md", "## Deploy parameters", "## Parameters")
    change(tree / "events/schemas/definitions.json", "What the run itself cost:", "Its cost:")
    main([], tree)

    assert "## Parameters" in (tree / "docs/compatibility.md").read_text("utf-8")
    assert "Its cost:" in (tree / "events/schemas/definitions.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"a": [1, None, "\u00e9"], "b": {"c": []}}, '{\n  "a": [1, null, "\u00e9"],\n  "b": {"c": []}\n}\n'),
        ({"a": {"b": "x" * 103}}, '{\n  "a": {"b": "' + "x" * 103 + '"}\n}\n'),
        ({"a": {"b": "x" * 104}}, '{\n  "a": {\n    "b": "' + "x" * 104 + '"\n  }\n}\n'),
    ],
)
def test_a_line_holds_what_fits(document: dict[str, Any], text: str) -> None:
    """Up to 120 characters, the comma included."""

    assert text == json_text(document)


def test_a_long_list_is_filled_in_lines() -> None:
    """Of 120 characters at most."""
    document = {"names": [f"name {number}" for number in range(40)]}
    text = json_text(document)

    assert document == json.loads(text)
    assert 8 == len(text.splitlines())
    assert 120 >= max(map(len, text.splitlines()))
