"""Drift: compare one enrolled target with its baseline; survey functions that are not enrolled."""

from typing import TYPE_CHECKING

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point, remaining_s
from power_tuner.errors import InvalidInput
from power_tuner.steps.drift import Drift

if TYPE_CHECKING:
    from power_tuner.automation.drift import DriftCheck
    from power_tuner.survey.nightly import NightlySurvey


@entry_point
def handler(app: App, event: Event, context: Context) -> "DriftCheck | NightlySurvey":
    """Check the target; if it drifted, emit an event and start a run. With ``candidates``, survey those instead."""
    if "candidates" in event:
        # Imported here, so that a drift check does not load the engine.
        from power_tuner.operations.surveying import read_candidates, survey_of  # noqa: PLC0415

        return survey_of(app, read_candidates(event["candidates"]), remaining_s(context))
    target_arn = event.get("targetArn")
    if not isinstance(target_arn, str):
        raise InvalidInput(field="targetArn", value=target_arn, allowed="the ARN of a function")
    return Drift(app).check(target_arn)
