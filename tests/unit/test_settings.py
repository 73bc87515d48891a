"""Settings from the environment."""

import pytest

from power_tuner.automation.policy import StackPolicy
from power_tuner.settings import MissingSetting, Settings
from power_tuner.tuning.visualization import DEFAULT_VISUALIZATION_URL

ENVIRONMENT = {
    "TABLE_NAME": "table",
    "BUCKET_NAME": "bucket",
    "EVENT_BUS_NAME": "bus",
    "POWER_VALUES": "128,512, 1024",
    "VISUALIZATION_URL": "https://viewer.example/",
    "RETENTION_DAYS": "90",
    "MAX_CONCURRENT_BRANCHES": "7",
}


def test_the_template_tells_every_setting() -> None:
    """Numbers and lists are read as such."""

    assert Settings(
        table_name="table",
        bucket_name="bucket",
        event_bus_name="bus",
        default_memories_mb=(128, 512, 1024),
        visualization_url="https://viewer.example/",
        retention_days=90,
        max_concurrent_branches=7,
    ) == Settings.from_env(ENVIRONMENT)


def test_the_viewer_has_a_default() -> None:
    """An empty address means the peer's viewer."""

    assert DEFAULT_VISUALIZATION_URL == Settings.from_env({**ENVIRONMENT, "VISUALIZATION_URL": ""}).visualization_url


@pytest.mark.parametrize("name", sorted(ENVIRONMENT.keys() - {"VISUALIZATION_URL"}))
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_is_named(name: str, value: str | None) -> None:
    """A function without one of its variables fails at once, and says which."""
    rest = {key: text for key, text in ENVIRONMENT.items() if key != name}
    with pytest.raises(MissingSetting) as caught:
        Settings.from_env(rest if value is None else {**rest, name: value})

    assert f"The environment variable {name} is not set; template.yaml sets it." == str(caught.value)


def test_the_stack_says_what_becomes_of_decisions() -> None:
    """Nothing, unless its parameters say otherwise."""
    told = {"AUTO_APPLY": "ssm", "AUTO_APPLY_ALIAS": "live", "SSM_PARAMETER_PREFIX": "/tuned/"}

    assert StackPolicy("ssm", "live", "/tuned/") == Settings.from_env({**ENVIRONMENT, **told}).stack_policy
    assert "never" == Settings.from_env(ENVIRONMENT).stack_policy.apply
    assert "measure" == Settings.from_env({**ENVIRONMENT, "MODE": "measure"}).stack_policy.mode


def test_retention_is_kept_in_seconds_too() -> None:
    """A day has 86 400 seconds."""

    assert 90 * 86_400 == Settings.from_env(ENVIRONMENT).retention_s


def test_the_stack_says_which_tag_a_target_has() -> None:
    """None, unless its parameter says otherwise."""
    told = [Settings.from_env({**ENVIRONMENT, **more}).target_tag for more in ({}, {"TARGET_TAG": "team a"})]

    assert ["", "team a"] == told
