"""The settings of a canary as the command line takes them, and its stages as history shows them."""

import json
from collections.abc import Sequence

from power_tuner.automation.trial import CanaryStage
from power_tuner.errors import InvalidInput
from power_tuner.tuning.canary_settings import CanarySettings, read_canary_settings
from power_tuner_cli.errors import CliError

_TO_THE_MINUTE = len("2026-11-23T12:00")


def read_settings(text: str | None) -> CanarySettings | None:
    """Return the settings that somebody typed as JSON, None if nobody did.

    Raises:
        CliError: it is no JSON, or a setting makes no sense.
    """
    if text is None:
        return None
    try:
        given = json.loads(text)
    except ValueError as error:
        raise CliError(f"The settings of the canary are no JSON: {error}") from None
    try:
        return read_canary_settings("canary", given)
    except InvalidInput as error:
        raise CliError(str(error)) from None


def stage_lines(stages: Sequence[CanaryStage]) -> list[str]:
    """Return the stages of a canary, a line for each."""
    return [
        f"  {stage.at[:_TO_THE_MINUTE].replace('T', ' ')}  {stage.outcome:10}  {stage.weight:4.0%} of {stage.alias} to "
        f"version {stage.version}, {stage.failed} of {stage.calls} calls failed: {stage.reason}"
        for stage in stages
    ]
