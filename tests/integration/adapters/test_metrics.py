"""Metrics: those in the log and their stand-in keep the same promises."""

import json
from collections.abc import Callable

import pytest

from fakes import FakeMetrics
from power_tuner.metrics import COST_CHANGE, DRIFTS, LEASES_LEFT, EmbeddedMetrics, Metrics

Noted = Callable[[], list[tuple[str, float]]]


@pytest.fixture(params=["fake", "log"])
def metrics(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> tuple[Metrics, Noted]:
    """Return metrics, and what returns all that was noted: shares as they were given."""
    if request.param == "fake":
        fake = FakeMetrics()
        return fake, lambda: fake.noted

    def noted() -> list[tuple[str, float]]:
        found: list[tuple[str, float]] = []
        for line in map(json.loads, capsys.readouterr().out.splitlines()):
            for directive in line["_aws"]["CloudWatchMetrics"]:
                for metric in directive["Metrics"]:
                    scale = 100 if metric["Unit"] == "Percent" else 1
                    found += [(metric["Name"], value / scale) for value in line[metric["Name"]]]
        return found

    return EmbeddedMetrics("power-tuner"), noted


def test_what_happens_is_noted_in_its_order(metrics: tuple[Metrics, Noted]) -> None:
    """Also a count of none, and a share below zero."""
    metrics[0].count(DRIFTS, 2)
    metrics[0].count(LEASES_LEFT, 0)
    metrics[0].percent(COST_CHANGE, -0.25)
    metrics[0].count(DRIFTS, 1)

    assert [(DRIFTS, 2), (LEASES_LEFT, 0), (COST_CHANGE, -0.25), (DRIFTS, 1)] == metrics[1]()
