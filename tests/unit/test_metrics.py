"""Measures: what is counted is what the template's alarms and dashboard show."""

import json
from pathlib import Path

import pytest

from power_tuner import metrics

TEMPLATE = (Path(__file__).parents[2] / "template.yaml").read_text(encoding="utf-8")


def test_a_count_is_a_metric_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """One line of the embedded metric format, with the stack as its dimension."""
    metrics.EmbeddedMetrics("power-tuner").count(metrics.DRIFTS, 2)

    line = json.loads(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert ("PowerTuner", [{"Name": "Drifts", "Unit": "Count"}]) == (directive["Namespace"], directive["Metrics"])
    assert ("power-tuner", [2.0]) == (line["stack"], line["Drifts"])
    assert ["stack"] in directive["Dimensions"]


def test_a_share_is_a_percentage(capsys: pytest.CaptureFixture[str]) -> None:
    """A cost that fell by a third is -33 %."""
    metrics.EmbeddedMetrics("power-tuner").percent(metrics.COST_CHANGE, -1 / 3)

    assert pytest.approx([-33.333], abs=0.001) == json.loads(capsys.readouterr().out)["CostChange"]


@pytest.mark.parametrize(
    "name", [value for name, value in vars(metrics).items() if name.isupper() and name != "NAMESPACE"]
)
def test_each_metric_is_shown(name: str) -> None:
    """A metric that nobody looks at is not worth its price."""
    assert f'"{name}"' in TEMPLATE


def test_the_dashboard_is_json() -> None:
    """Its placeholders stand inside strings."""
    body = TEMPLATE.split("DashboardBody: !Sub |", 1)[1].split("\n\n", 1)[0]

    assert 5 == len(json.loads(body)["widgets"])
