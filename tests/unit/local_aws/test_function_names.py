"""The name of a function that is made of a folder."""

import re
from pathlib import Path

import pytest

from power_tuner_local.connection import function_name_of


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("thumbnailer", "thumbnailer"),
        ("My Project", "My-Project"),
        ("v1.2", "v1-2"),
        ("größe", "gr-e"),
        ("日本", "function"),
        (" .hidden (copy) ", "hidden-copy"),
        ("a_b-c", "a_b-c"),
        ("x" * 100, "x" * 64),
    ],
)
def test_any_folder_gives_a_name_that_lambda_takes(tmp_path: Path, folder: str, name: str) -> None:
    """What is not allowed in a name becomes a hyphen."""
    assert function_name_of(tmp_path / folder) == name
    assert re.fullmatch("[a-zA-Z0-9-_]{1,64}", name)
