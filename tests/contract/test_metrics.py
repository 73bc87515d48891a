"""The app's metrics as the functions emit them, under the template's own environment, against alarms and dashboard."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from power_tuner import metrics
from power_tuner_local.cloudformation.sam import expand

ROOT = Path(__file__).parents[2]
NAMES = sorted(value for name, value in vars(metrics).items() if name.isupper() and name != "NAMESPACE")
EMIT = "import sys; from power_tuner.metrics import EmbeddedMetrics; EmbeddedMetrics('bus').count(sys.argv[1], 1)"


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """The resources of the expanded template."""
    resources: dict[str, Any] = expand(ROOT / "template.yaml", {}, "us-east-1", lambda _: ("b", "k"))["Resources"]
    return resources


@pytest.fixture(scope="module")
def emitted(resources: dict[str, Any]) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Each metric with its dimensions, as CloudWatch reads them from a function's log."""
    variables = resources["JanitorFunction"]["Properties"]["Environment"]["Variables"]
    environment = {**os.environ, **{name: text for name, text in variables.items() if isinstance(text, str)}}
    found = set()
    for name in NAMES:
        done = subprocess.run(  # noqa: S603 our own interpreter
            [sys.executable, "-c", EMIT, name],
            env={**environment, "PYTHONPATH": str(ROOT / "handlers")},
            capture_output=True,
            text=True,
            check=True,
        )
        line = json.loads(done.stdout)
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert metrics.NAMESPACE == directive["Namespace"]
        found |= {(name, frozenset((key, line[key]) for key in keys)) for keys in directive["Dimensions"]}
    return found


def test_each_alarm_watches_a_metric_that_exists(resources: dict[str, Any], emitted: set[Any]) -> None:
    """An alarm on other dimensions never fires."""
    watched = [
        (alarm["MetricName"], frozenset((each["Name"], _text(each["Value"])) for each in alarm["Dimensions"]))
        for resource in resources.values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
        and (alarm := resource["Properties"])["Namespace"] == metrics.NAMESPACE
    ]

    assert watched
    assert [] == [each for each in watched if each not in emitted]


def test_each_widget_shows_a_metric_that_exists(resources: dict[str, Any], emitted: set[Any]) -> None:
    """A widget on other dimensions is empty; a metric that nobody looks at is not worth its price."""
    body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    shown = {
        (line[1], frozenset(zip(line[2::2], map(_text, line[3::2]), strict=True)))
        for widget in json.loads(body)["widgets"]
        for line in widget["properties"]["metrics"]
        if line[0] == metrics.NAMESPACE
    }

    assert emitted == shown


def _text(value: Any) -> str:
    """Return a dimension's value; the bus's name is "bus" here."""
    if value == {"Ref": "EventBus"}:
        return "bus"
    return re.sub(r"^\$\{EventBus\}$", "bus", value)
