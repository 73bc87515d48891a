"""`power-tuner apply`, as far as it does not reach AWS."""

import pytest

from power_tuner.automation.trial import CanaryStage
from power_tuner.tuning.applied import Applied
from power_tuner_cli.canary_options import stage_lines
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.optimizer import applied_text
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import StubbedAws

LATEST = Applied(applied=True, mode="latest", from_memory_mb=1024, to_memory_mb=512)


@pytest.mark.parametrize(
    ("applied", "text"),
    [
        (LATEST, "f has 512 MB now; it had 1024 MB."),
        (LATEST.to_alias("live", "7", "6"), "The alias live of f points to version 7 now, with 512 MB."),
        (LATEST.to_parameter("/p", None), "The parameter /p holds 512 now; f is as it was."),
        (
            Applied(applied=False, mode="latest", from_memory_mb=1024, to_memory_mb=512, reason="it may be chance"),
            "Nothing was applied to f: it may be chance.",
        ),
    ],
)
def test_what_was_done_is_one_sentence(applied: Applied, text: str) -> None:
    """With what the function had and has."""
    assert text == applied_text(applied, "f")


def test_one_place_at_a_time(power_tuner: PowerTuner) -> None:
    """Nothing is asked of AWS."""
    refused = power_tuner("apply", "run-1", "--alias", "live", "--ssm", "/p")

    assert (ExitCode.BAD_INPUT, True) == (refused.exit_code, "Give --alias or --ssm, not both." in refused.stderr)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--canary"], "Give --canary with --alias"),
        (["--canary", "--ssm", "/p"], "Give --canary with --alias"),
        (["--alias", "live", "--canary-settings", "{}"], "Give --canary-settings with --canary."),
        (["--alias", "live", "--canary", "--canary-settings", "{"], "are no JSON"),
        (["--alias", "live", "--canary", "--canary-settings", '{"hours": 0}'], "canary.hours: 0 is not accepted"),
    ],
)
def test_a_canary_that_makes_no_sense_is_refused(power_tuner: PowerTuner, options: list[str], told: str) -> None:
    """Nothing is asked of AWS."""
    refused = power_tuner("apply", "run-1", *options)

    assert refused.exit_code == ExitCode.BAD_INPUT
    assert told in refused.stderr.replace("\n", " ")


def test_the_stages_of_a_canary_are_lines() -> None:
    """When, what, how much of it, and why."""
    stage = CanaryStage(
        run_id="run-1",
        target_arn="arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer",
        alias="live",
        version="8",
        previous_version="7",
        number=1,
        outcome="growing",
        weight=0.25,
        reason="124 calls of it showed nothing worse",
        at="2026-11-23T12:20:42.114Z",
        calls=124,
        failed=1,
    )

    (line,) = stage_lines([stage])

    assert line.startswith("  2026-11-23 12:20  growing      25% of live to version 8, 1 of 124 calls failed: ")
    assert line.endswith(stage.reason)


@pytest.mark.parametrize("mode", ["measure", "advise"])
def test_a_stack_that_may_change_nothing_applies_nothing(aws: StubbedAws, power_tuner: PowerTuner, mode: str) -> None:
    """The Optimizer is not even asked."""
    aws.has_stack(mode=mode)

    refused = power_tuner("apply", "run-1")

    assert refused.exit_code == ExitCode.BAD_INPUT
    assert f"mode={mode}" in refused.stderr
