"""docs/quickstart-finops.md: its commands, on an account that the local AWS plays."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from integration.local_aws.shell import environment_of, run

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "quickstart-finops.md").read_text("utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines() if line.strip()
]
WORK = "import time\n\n\ndef handler(event, context):\n    time.sleep(0.05)\n"


def test_its_commands_run(aws: "LocalAws", tmp_path: Path) -> None:
    """A function that was tuned once and is invoked 3,000 times a day: all tell the same saving of it."""
    aws.deploy(ROOT / "template.yaml", stack_name="power-tuner", parameters={"mode": "apply"})
    (tmp_path / "app.py").write_text(WORK, encoding="utf-8")
    aws.add_function(tmp_path, name="my-function", memory_mb=1024)
    now = datetime.now(UTC)
    # Yesterday is whole, and within each command's days.
    counted = {
        "MetricName": "Invocations",
        "Dimensions": [{"Name": "FunctionName", "Value": "my-function"}],
        "Timestamp": now - timedelta(days=1),
        "Value": 3000.0,
    }
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[counted])
    environment = environment_of(aws, tmp_path)
    tuned = run("power-tuner tune my-function --num 5 --power-values 128,1024 --json", tmp_path, environment)
    assert 0 == tuned.returncode, tuned.stderr
    run_id = json.loads(tuned.stdout)["runId"]

    ended = [run(command, tmp_path, {**environment, "RUN": run_id}) for command in COMMANDS]

    assert [0] * len(COMMANDS) == [each.returncode for each in ended], [each.stderr for each in ended]
    (row,) = csv.DictReader((tmp_path / "savings.csv").read_text("utf-8").splitlines())
    (same,) = json.loads((tmp_path / "savings.json").read_text("utf-8"))["functions"]
    assert (run_id, "128") == (row["runId"], row["power"])
    assert float(row["savedPerMonth"]) == pytest.approx(same["savedPerMonth"] * 30 / 7)
    assert float(row["savedPerMonth"]) > 0
    assert f"power-tuner apply {run_id} --dry-run" in ended[1].stderr
    page = (tmp_path / "fleet.html").read_text("utf-8")
    assert run_id in page
    assert "1 function: what each costs" in page
    assert run_id in (tmp_path / "runs.csv").read_text("utf-8")
    assert "128 MB" in ended[-1].stderr
