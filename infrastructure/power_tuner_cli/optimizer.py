"""The stack's Optimizer, asked by hand: it has the permissions and holds the lease, and its updates start no run."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from power_tuner.tuning.applied import Applied, AppliedToAlias, AppliedToParameter
from power_tuner.tuning.run_item import CompletedRun, RunKey
from power_tuner_cli.cloud import Cloud, TunerStack, open_app
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

_ON_TRIAL = "it is put on trial as a canary, and power-tuner history has its stages"


def ask_optimizer(
    cloud: Cloud, stack: TunerStack, request: Mapping[str, Any], *, to: str, refused: str
) -> dict[str, Any]:
    """Let the Optimizer do something, and return its answer.

    Args:
        cloud: The AWS account, or the local AWS.
        stack: The deployed tuner.
        request: What it is asked for.
        to: What this is for, as in "to roll back".
        refused: How a refusal begins.

    Raises:
        CliError: The mode of the stack does not allow it, or the Optimizer refused.
    """
    from power_tuner.automation.policy import APPLY

    mode = stack.settings.stack_policy.mode
    if mode != APPLY:
        raise CliError(
            f"The stack {stack.name} is deployed with mode={mode} and may change no function: deploy it with "
            f"mode=apply to {to}."
        )
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="OptimizerFunction"
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(request).encode())
    document: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        reason = document.get("errorMessage", "the Optimizer failed without an error message; see its log")
        raise CliError(f"{refused}: {reason}", ExitCode.RUN_FAILED)
    return document


def await_applied(
    cloud: Cloud,
    stack: TunerStack,
    run: RunKey,
    *,
    at_most_s: float,
    interval_s: float,
    pause: Callable[[float], None] = time.sleep,
) -> Applied | None:
    """Wait until the Optimizer has noted what it did with a run's decision; return None if it does not in time.

    The end of a canary may be a day away, and is not waited for.
    """
    history = open_app(cloud, stack).history
    deadline_s = time.monotonic() + at_most_s
    while True:
        item = history.item(run)
        if isinstance(item, CompletedRun) and item.applied is not None:
            return item.applied
        if isinstance(item, CompletedRun) and item.applying is not None and item.is_canary:
            return replace(item.applying, applied=False, reason=_ON_TRIAL)
        if time.monotonic() > deadline_s:
            return None
        pause(interval_s)


def applied_text(applied: Applied, function: str) -> str:
    """Return what was done with a decision, as a sentence."""
    if not applied.applied:
        return f"Nothing was applied to {function}: {applied.reason}."
    to_mb = applied.to_memory_mb
    if isinstance(applied, AppliedToParameter):
        return f"The parameter {applied.parameter} holds {to_mb} now; {function} is as it was."
    if isinstance(applied, AppliedToAlias):
        return f"The alias {applied.alias} of {function} points to version {applied.version} now, with {to_mb} MB."
    return f"{function} has {to_mb} MB now; it had {applied.from_memory_mb} MB."
