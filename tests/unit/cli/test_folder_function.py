"""The function of a folder without a template."""

import sys
from pathlib import Path

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.folder_function import find_function

NODE, PYTHON, OWN = "nodejs22.x", f"python3.{sys.version_info.minor}", "provided.al2023"


@pytest.mark.parametrize(
    ("files", "handler", "found"),
    [
        (["app.py"], None, (PYTHON, "app.handler")),
        (["index.js", "package.json"], None, (NODE, "index.handler")),
        (["index.mjs"], None, (NODE, "index.handler")),
        (["app.py", "index.js"], None, (PYTHON, "app.handler")),
        (["src/orders/api.py"], "src.orders.api.run", (PYTHON, "src.orders.api.run")),
        (["src/orders/api.py"], "src/orders/api.run", (PYTHON, "src/orders/api.run")),
        (["src/api.cjs"], "src/api.v1.run", (NODE, "src/api.v1.run")),
        (["bootstrap"], None, (OWN, "bootstrap")),
        (["bootstrap", "app.py"], "orders", (OWN, "orders")),
    ],
)
def test_files_say_what_it_is(tmp_path: Path, files: list[str], handler: str | None, found: tuple[str, str]) -> None:
    """By their names; a bootstrap runs whatever else there is."""
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert found == find_function(tmp_path, handler)


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (None, "no app.py or index.js with a function `handler`, and no executable bootstrap"),
        ("other.run", "there is no file other.py, .js, .mjs or .cjs in"),
        ("run", "Give the handler as FILE.FUNCTION"),
    ],
)
def test_what_is_none_is_told(tmp_path: Path, handler: str | None, words: str) -> None:
    """With what would be one."""
    (tmp_path / "main.py").touch()
    with pytest.raises(CliError, match=words.replace(".", r"\.")):
        find_function(tmp_path, handler)
