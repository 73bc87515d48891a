"""The state machine of the fleet, with functions that stand in for its steps."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from integration.local_aws.machines import create, run

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

MACHINE = Path(__file__).parents[3] / "statemachine" / "fleet.asl.json"
FLEET = """
def handler(event, context):
    if event.get("write"):
        assert event["survey"] == {"failed": "Broken"}, event
    if event.get("find"):
        return {"candidates": [{"targetArn": "c", "use": {}}]}
    return {"targets": [{"targetArn": "a"}], "maxConcurrentChecks": 1, "next": 1, "done": True}
"""
DRIFT = """
class Broken(Exception):
    pass

def handler(event, context):
    if "candidates" in event:
        raise Broken(event)
    return {"targetArn": event["targetArn"], "outcome": "unchanged"}
"""


def test_a_survey_that_fails_leaves_the_checks_as_they_are(aws: "LocalAws", tmp_path: Path) -> None:
    """The execution succeeds with the outcomes, and the page is asked for with the reason."""
    arns = {}
    for name, source in (("Fleet", FLEET), ("Drift", DRIFT)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "app.py").write_text(source, encoding="utf-8")
        arns[name] = aws.add_function(folder, name=name, memory_mb=512)
    text = MACHINE.read_text(encoding="utf-8")
    for name, arn in arns.items():
        text = text.replace(f"${{{name}FunctionArn}}", arn)

    execution = run(aws, create(aws, "fleet-of-stand-ins", text))

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert json.loads(execution["output"]) == [{"targetArn": "a", "outcome": "unchanged"}]
