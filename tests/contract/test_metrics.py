"""The app's metrics as the functions emit them, under the template's own environment, against alarms and dashboard."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from power_tuner import metrics
from power_tuner_local.cloudformation.sam import expand

ROOT = Path(__file__).parents[2]
NAMES = sorted(value for name, value in vars(metrics).items() if name.isupper() and name != "NAMESPACE")
EMIT = """
import os, sys
from power_tuner.app import App
from power_tuner.settings import Settings
for name in sys.argv[1:]:
    App(Settings.from_env(os.environ)).metrics.count(name, 1)
"""
PARAMETERS = {"POWER_VALUES": "128", "RETENTION_DAYS": "1", "EVENT_BUS_NAME": "bus"}
# By namespace: the dimension, and the metrics, of which AWS's developer guides (read in November 2026) tell.
DOCUMENTED = {
    "AWS/States": (
        "StateMachineArn",
        {"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"}
        | {"ExecutionThrottled", "ExecutionTime"},
    ),
    "AWS/SQS": (
        "QueueName",
        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible", "NumberOfMessagesSent"}
        | {"ApproximateNumberOfMessagesNotVisible", "NumberOfMessagesReceived", "NumberOfMessagesDeleted"},
    ),
}
# What a dimension has to be: the ARN of a state machine is what it refers to, the name of a queue an attribute.
VALUES = {
    "StateMachineArn": ("AWS::StepFunctions::StateMachine", ""),
    "QueueName": ("AWS::SQS::Queue", "QueueName"),
}

Metric = tuple[str, str, frozenset[tuple[str, str]]]


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """The resources of the expanded template."""
    resources: dict[str, Any] = expand(ROOT / "template.yaml", {}, "us-east-1", lambda _: ("b", "k"))["Resources"]
    return resources


@pytest.fixture(scope="module")
def emitted(resources: dict[str, Any]) -> set[Metric]:
    """Each metric with its dimensions, as CloudWatch reads them from the logs of the functions."""
    functions = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::Lambda::Function"]
    environments = {
        tuple((name, _setting(name, value)) for name, value in sorted(each["Environment"]["Variables"].items()))
        for each in functions
    }
    return {metric for environment in environments for metric in _emitted(dict(environment))}


def _setting(name: str, value: Any) -> str:
    return PARAMETERS.get(name, value if isinstance(value, str) else "1")


def _emitted(environment: dict[str, str]) -> Iterator[Metric]:
    done = subprocess.run(  # noqa: S603 our own interpreter
        [sys.executable, "-c", EMIT, *NAMES],
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT / "handlers")},
        capture_output=True,
        text=True,
        check=True,
    )
    for line in map(json.loads, done.stdout.splitlines()):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        for metric, keys in ((each, keys) for each in directive["Metrics"] for keys in directive["Dimensions"]):
            yield directive["Namespace"], metric["Name"], frozenset((key, line[key]) for key in keys)


def _watched(resources: dict[str, Any]) -> set[Metric]:
    alarms = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    return {
        (each["Namespace"], each["MetricName"], frozenset((d["Name"], _text(d["Value"])) for d in each["Dimensions"]))
        for each in alarms
    }


def _shown(resources: dict[str, Any]) -> set[Metric]:
    body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return {
        (line[0], line[1], frozenset(zip(line[2::2], map(_text, line[3::2]), strict=True)))
        for widget in json.loads(body)["widgets"]
        for line in widget["properties"]["metrics"]
    }


def test_each_alarm_watches_a_metric_that_exists(resources: dict[str, Any], emitted: set[Metric]) -> None:
    """An alarm on other dimensions never fires."""
    watched = {each for each in _watched(resources) if not each[0].startswith("AWS/")}

    assert watched
    assert set() == watched - emitted


def test_each_widget_shows_a_metric_that_exists(resources: dict[str, Any], emitted: set[Metric]) -> None:
    """A widget on other dimensions is empty; a metric that nobody looks at is not worth its price."""
    assert emitted == {each for each in _shown(resources) if not each[0].startswith("AWS/")}


def test_the_metrics_of_aws_are_documented(resources: dict[str, Any]) -> None:
    """Alarms and widgets name metrics and dimensions that AWS has, of resources of this template."""
    of_aws = {each for each in (*_watched(resources), *_shown(resources)) if each[0].startswith("AWS/")}

    assert {"AWS/States", "AWS/SQS"} == {namespace for namespace, _, _ in of_aws}
    assert [] == [each for each in of_aws if not _is_documented(each, resources)]


def _is_documented(metric: Metric, resources: dict[str, Any]) -> bool:
    namespace, name, dimensions = metric
    dimension, names = DOCUMENTED[namespace]
    ((found, value),) = dimensions
    resource, _, attribute = value.partition(".")
    of_type = resources[resource]["Type"]
    return name in names and found == dimension and (of_type, attribute) == VALUES[dimension]


def _text(value: Any) -> str:
    """Return a dimension's value as a resource and its attribute; the bus's name is "bus" here."""
    match value:
        case {"Ref": name}:
            text = str(name)
        case {"Fn::GetAtt": [name, attribute]}:
            text = f"{name}.{attribute}"
        case _:
            text = re.sub(r"^\$\{(.+)\}$", r"\1", str(value))
    return "bus" if text == "EventBus" else text
