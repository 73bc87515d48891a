"""docs/quickstart-pipeline.md: its commands, and the steps of the action, on an account that the local AWS plays."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml

from integration.local_aws.shell import environment_of, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).parents[3]
ACTION = ROOT / "infrastructure" / "github_action"
TEXT = (ROOT / "docs" / "quickstart-pipeline.md").read_text("utf-8")
COMMANDS = re.findall(r"^power-tuner .*$", re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0], re.MULTILINE)
SLOW = "import time\n\n\ndef handler(event, context):\n    time.sleep(0.05)\n"


@pytest.fixture(scope="module")
def folder(aws: "LocalAws", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a payload, beside an account with the stack in its smallest mode and a function."""
    aws.deploy(ROOT / "template.yaml", stack_name="power-tuner", parameters={"mode": "measure"})
    made = tmp_path_factory.mktemp("pipeline")
    (made / "event.json").write_text("{}", encoding="utf-8")
    (made / "app.py").write_text(SLOW, encoding="utf-8")
    aws.add_function(made, name="my-function", memory_mb=1024)
    return made


@pytest.fixture
def environment(aws: "LocalAws", folder: Path) -> dict[str, str]:
    """What a runner's shell has."""
    return environment_of(aws, folder)


def test_its_commands_run(folder: Path, environment: dict[str, str]) -> None:
    """One says that another memory size is better; what is told to another program is all that it gets."""
    ended = {command: run(command, folder, environment) for command in COMMANDS}
    summary = (folder / "summary.md").read_text("utf-8")
    suite = ET.fromstring((folder / "report.xml").read_text("utf-8"))  # noqa: S314 - our own

    assert [4, 0, 0, 0] == [each.returncode for each in ended.values()], [each.stderr for each in ended.values()]
    assert summary.startswith("### Power tuning: my-function: 1024 MB → 128 MB\n")
    assert "| 128 MB **chosen** |" in summary
    assert ("4", "0") == (suite.get("tests"), suite.get("errors"))


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({}, 0), ({"budget-ms": "1"}, 5), ({"fail-if-better": "true"}, 4), ({"arguments": "--num 0"}, 2)],
    ids=["done", "over budget", "another is better", "bad input"],
)
def test_the_steps_of_the_action_run(
    folder: Path, environment: dict[str, str], tmp_path: Path, inputs: dict[str, str], code: int
) -> None:
    """The summary and the outputs are there also when the step fails; what was refused has none."""
    action = yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))
    given = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
    arguments = {"arguments": "--payload-file event.json --num 2 --power-values 128,512,1024"}
    given |= {"function": "my-function", **arguments, **inputs}
    files = {name: str(tmp_path / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    codes = []
    for step in action["runs"]["steps"]:
        variables = {name: filled(value, given) for name, value in step.get("env", {}).items()}
        ended = run(step["run"], folder, {**environment, **files, **variables, "RUNNER_TEMP": str(tmp_path)})
        codes.append(ended.returncode)

    assert [0, code] == codes, ended.stderr
    assert Path(files["GITHUB_OUTPUT"]).exists() is (code != 2)
    if code == 2:
        return
    outputs = dict(line.split("=", 1) for line in Path(files["GITHUB_OUTPUT"]).read_text("utf-8").splitlines())
    assert set(action["outputs"]) == outputs.keys()
    assert outputs["power"] == "128"
    assert Path(outputs["summary"]).read_text("utf-8") == Path(files["GITHUB_STEP_SUMMARY"]).read_text("utf-8")
    assert json.loads((tmp_path / "power-tuning.json").read_text("utf-8"))["runId"] == outputs["run-id"]


def filled(value: str, inputs: "Mapping[str, str]") -> str:
    """Replace the expressions that an action's environment has."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], value)


@pytest.mark.parametrize(
    ("name", "schema"), [("action.yml", "github-actions"), ("example-workflow.yml", "github-workflows")]
)
def test_github_would_read_it(name: str, schema: str) -> None:
    """By GitHub's own schema, as SchemaStore has it."""
    command = [sys.executable, "-W", "ignore", "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    checked = subprocess.run(  # noqa: S603 - our own file
        [*command, str(ACTION / name)], capture_output=True, text=True, timeout=60, check=False
    )

    assert checked.returncode == 0, checked.stdout


def test_the_workflow_uses_what_the_action_has() -> None:
    """Its inputs and outputs; no schema knows these."""
    action = yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))
    text = (ACTION / "example-workflow.yml").read_text("utf-8")
    (step,) = (
        each for each in yaml.safe_load(text)["jobs"]["tune"]["steps"] if "github_action" in each.get("uses", "")
    )

    assert step["with"].keys() <= action["inputs"].keys()
    assert set(re.findall(r"steps\.tuning\.outputs\.([\w-]+)", text)) <= set(action["outputs"])
