"""How somebody says how a canary proceeds."""

import pytest

from power_tuner.errors import InvalidInput
from power_tuner.tuning.canary_settings import CanarySettings, read_canary_settings


def test_what_is_not_given_is_the_default() -> None:
    """An empty object asks for the default settings."""
    assert read_canary_settings("canary", {}) == CanarySettings()


def test_all_of_it_can_be_given() -> None:
    """Each setting has a name, and a number may be text, as templates write it."""
    given = {
        "weights": [0.1, "0.5"],
        "paceSeconds": "60",
        "minimalCalls": 20,
        "slowdown": 0.2,
        "errorRise": 0.05,
        "hours": 1,
    }

    assert read_canary_settings("canary", given) == CanarySettings(
        weights=(0.1, 0.5), pace_s=60, minimal_calls=20, slowdown=0.2, error_rise=0.05, hours=1.0
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"weights": []}, "canary.weights"),
        ({"weights": 0.1}, "canary.weights"),
        ({"weights": [0.5, 0.1]}, "canary.weights"),
        ({"weights": [0.1, 0.1]}, "canary.weights"),
        ({"weights": [0.6]}, "canary.weights"),
        ({"weights": [0]}, "canary.weights"),
        ({"weights": [float("nan")]}, "canary.weights"),
        ({"weights": [0.01 * each for each in range(1, 12)]}, "canary.weights"),
        ({"paceSeconds": 0}, "canary.paceSeconds"),
        ({"minimalCalls": 0}, "canary.minimalCalls"),
        ({"slowdown": 0}, "canary.slowdown"),
        ({"slowdown": float("nan")}, "canary.slowdown"),
        ({"errorRise": 0.9}, "canary.errorRise"),
        ({"hours": 0}, "canary.hours"),
        ({"hours": 169}, "canary.hours"),
        ({"pace": 1}, "canary.pace"),
        ("soon", "canary"),
        ([], "canary"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given: object, named: str) -> None:
    """Each setting has limits, and the error names it."""
    with pytest.raises(InvalidInput, match=f"^{named}: "):
        read_canary_settings("canary", given)
