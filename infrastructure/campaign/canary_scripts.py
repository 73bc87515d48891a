"""Canaries, played for their permissions: one ends by itself, one is stopped, one is left to the janitor."""

import contextlib
import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from campaign.cases import STACK
from power_tuner_local.faults import Fault, Kind

if TYPE_CHECKING:
    from campaign.scene import Scene
    from power_tuner.automation.trial import Trial

_FOR_SECONDS = {"weights": [0.5], "paceSeconds": 1, "hours": 0.001}
_REASON_CHARS = len("the canary was ended: it was not proven")
_FOR_HOURS = {"weights": [0.5], "paceSeconds": 300}


def canary(scene: "Scene") -> tuple[object, ...]:
    """Let a canary end by itself, because nobody calls the function."""
    begun = _begin(scene, _FOR_SECONDS)
    scene.settle()
    return (begun, *_seen(scene))


def canary_stopped(scene: "Scene") -> tuple[object, ...]:
    """Stop the execution of a canary: the rule of its end takes it back."""
    begun = _begin(scene, _FOR_HOURS)
    _stop(scene)
    return (begun, *_seen(scene))


def canary_left(scene: "Scene") -> tuple[object, ...]:
    """Stop it while its function cannot find it; whoever asks again is told so, and the janitor takes it back."""
    begun = _begin(scene, _FOR_HOURS)
    blind = Fault(Kind.FORBIDDEN, service="dynamodb", action="Query", caller=f"{STACK}-CanaryFunctionRole-", times=1000)
    with scene.stage.aws.faults.inject(blind):
        _stop(scene)
    asked_again = scene.ask({"apply": _run_id(scene), "alias": "live", "canary": _FOR_HOURS})
    trial = _trial(scene)
    if trial is not None:
        # As old as an execution that was certainly started.
        scene.stage.app.canaries.save(replace(trial, noted_s=0.0))
    scene.stage.fire_schedule("janitor")
    scene.settle()
    return (begun, asked_again, *_seen(scene))


def _begin(scene: "Scene", settings: dict[str, Any]) -> str:
    scene.tune()
    begun = scene.ask({"apply": _run_id(scene), "alias": "live", "canary": settings})
    scene.wait_for(lambda: _trial(scene) is None or bool(_weights(scene)))
    return begun


def _stop(scene: "Scene") -> None:
    trial = _trial(scene)
    if trial is not None:
        client = scene.stage.client("stepfunctions")
        with contextlib.suppress(client.exceptions.ExecutionDoesNotExist):
            client.stop_execution(executionArn=trial.execution_arn)
    scene.settle()


def _seen(scene: "Scene") -> tuple[object, ...]:
    """Return how it ended, and what is left of it."""
    stages = [stage.outcome for stage in scene.stage.app.canaries.stages(_run_id(scene))]
    functions = scene.stage.client("lambda")
    memory_mb = functions.get_function_configuration(FunctionName=scene.name)["MemorySize"]
    ledger, run_id = scene.stage.ledger, _run_id(scene)
    if stages[-1:] == ["taken-back"]:
        scene.wait_for(lambda: "Power Setting Applied" in ledger.events_of(run_id))
    why = [str(item.get("applied", {}).get("reason", ""))[:_REASON_CHARS] for item in scene.items(scene.arn)]
    told = sorted(ledger.events_of(run_id))
    return (stages, _trial(scene) is None, json.dumps(_weights(scene)), memory_mb, scene.runs(), why, told)


def _run_id(scene: "Scene") -> str:
    return f"{scene.name}-by-hand"


def _trial(scene: "Scene") -> "Trial | None":
    return scene.stage.app.canaries.get(scene.arn)


def _weights(scene: "Scene") -> dict[str, float]:
    alias = scene.stage.client("lambda").get_alias(FunctionName=scene.name, Name="live")
    found: dict[str, float] = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return found
