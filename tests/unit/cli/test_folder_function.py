"""The function of a folder without a template."""

import sys
from pathlib import Path

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.folder_function import find_function
from power_tuner_cli.projects.dependencies import what_to_install

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
    ("files", "found"),
    [
        ({"lambda_function.py": "def lambda_handler(event, context):\n"}, "lambda_function.lambda_handler"),
        ({"app.py": "import os\r\n\r\ndef lambda_handler(event: dict, context):\r\n"}, "app.lambda_handler"),
        ({"main.py": "@tracer\ndef process(\n    event, context\n):\n", "setup.py": ""}, "main.process"),
        ({"main.py": "def run(request: Request, context: Context) -> None:\n"}, "main.run"),
        ({"api.py": "app = FastAPI()\nhandler = Mangum(app)\n", "logic.py": "def on(event): ...\n"}, "api.handler"),
        ({"main.py": "from shop.orders import (handler)\n", "x.py": "from y import handler as z\n"}, "main.handler"),
        ({"main.py": "def handler(e, c): ...\n", "test_main.py": "def handler(e, c): ...\n"}, "main.handler"),
        ({"main.py": "def handler(e, c): ...\n", "worker.py": "def handler(e, c): ...\n"}, "main.handler"),
        ({"main.js": "exports.handler = async (event) => 1;\n", "jest.config.js": ""}, "main.handler"),
        ({"get.mjs": "export const get = async (event, context) => {\n"}, "get.get"),
        ({"get.mjs": "export async function run(event) {\n"}, "get.run"),
        ({"out.js": "0 && (module.exports = {\n  handler\n});\n"}, "out.handler"),
        ({"out.mjs": "export {\n  a as b,\n  handler\n};\n"}, "out.handler"),
        ({"app.py": "globals()['handler'] = print\n"}, "app.handler"),
    ],
)
def test_code_says_which_handler_it_has(tmp_path: Path, files: dict[str, str], found: str) -> None:
    """Whatever its file is called, in both languages; tests and settings have none."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, newline="")

    assert found == find_function(tmp_path, None)[1]


def test_what_is_not_installed_is_told_with_the_command(tmp_path: Path) -> None:
    """For both languages; what Lambda brings along is not asked for."""
    folder = tmp_path / "my code"
    folder.mkdir()
    (folder / "requirements.txt").write_text("boto3\nrequests==2.32.3\n")
    (folder / "package.json").write_text('{"dependencies": {"sharp": "1", "@aws-sdk/client-s3": "3"}}')

    python, node = what_to_install(folder)

    assert "asks for requests, and" in python
    assert python.endswith(f"  python -m pip install -r '{folder}/requirements.txt' -t '{folder}'")
    assert "asks for sharp, and" in node
    assert node.endswith(f"  npm install --prefix '{folder}'")


def test_several_handlers_are_options_to_choose_from(tmp_path: Path) -> None:
    """Those that are as likely as each other."""
    for name in ("main.py", "app.py"):
        (tmp_path / name).write_text("def handler(event, context): ...\ndef other(event): ...\n")

    with pytest.raises(
        CliError, match=r"has 2 handlers. Choose one:\n  --handler app.handler\n  --handler main.handler$"
    ):
        find_function(tmp_path, None)


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (None, "no file of Python or JavaScript with a handler, and no executable bootstrap"),
        ("other.run", "there is no file other.py, .js, .mjs or .cjs in"),
        ("run", "Give the handler as FILE.FUNCTION"),
    ],
)
def test_what_is_none_is_told(tmp_path: Path, handler: str | None, words: str) -> None:
    """With what would be one."""
    (tmp_path / "main.py").touch()
    with pytest.raises(CliError, match=words.replace(".", r"\.")):
        find_function(tmp_path, handler)
