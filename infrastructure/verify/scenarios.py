"""What is promised, played with functions of the verification's own."""

import json
from datetime import UTC, datetime
from typing import Any

from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import MEASURE, Profile
from power_tuner.tuning.run_item import CompletedRun, SkippedRun
from power_tuner_cli.run_results import read_object
from power_tuner_cli.runs import RunEnd
from verify.evidence import Check
from verify.stage import FAILING, SLOW, WORKING, Stage, zipped

SWEEP: dict[str, Any] = {"powerValues": [128, 512, 1024], "num": 5}
_SMALL: dict[str, Any] = {"powerValues": [128, 512], "num": 2}
_AS_IT_WAS = "as it was"
# CloudTrail delivers most events within minutes.
_CLOUD_TRAIL_S = 1200
_ENDS_S = 300


def _changed(before: dict[str, Any], after: dict[str, Any]) -> str:
    changed = [f"{name}: {before[name]} -> {after[name]}" for name in before if before[name] != after[name]]
    return "; ".join(changed) or _AS_IT_WAS


def _told(end: RunEnd) -> str:
    return end.status if end.status == "SUCCEEDED" else f"{end.status} {end.error}: {end.cause}"


def _run(stage: Stage, fields: dict[str, Any]) -> str:
    """Run by hand, and look for the result everywhere where it is promised."""
    arn = stage.add_function(WORKING)
    before = stage.trace(arn)
    end, results = stage.tune(arn, **fields)
    kept = [_told(end), _changed(before, stage.trace(arn))]
    if isinstance(results.item, CompletedRun) and results.result is not None and results.result.decision is not None:
        page = read_object(stage.cloud, stage.stack, results.item.report_key)
        event = stage.heard(results.run_id, "Power Tuning Completed")
        chosen = {results.item.memory_mb, results.result.decision.memory_mb, event["detail"]["decision"]["power"]}
        kept.append("history, S3 and event agree" if len(chosen) == 1 else f"decisions differ: {chosen}")
        kept.append("the report is there" if b"<svg" in page else "the report has no picture")
    return ", ".join(kept)


def _classic(stage: Stage) -> str:
    return _run(stage, SWEEP)


def _smart(stage: Stage) -> str:
    return _run(stage, {"powerValues": SWEEP["powerValues"], "maxInvocations": 60})


def _wrong_payload(stage: Stage) -> str:
    """A function that fails with the payload is found out by its first two invocations."""
    arn = stage.add_function(FAILING)
    before = stage.trace(arn)
    end, _ = stage.tune(arn, **SWEEP)
    group, logs = f"/aws/lambda/{arn.rpartition(':')[2]}", stage.client("logs")

    def invocations() -> int | None:
        starts = logs.filter_log_events(logGroupName=group, filterPattern='"START RequestId"')["events"]
        return len(starts) if len(starts) > 1 else None

    invoked = stage.wait("the log of the invocations", invocations, 120)
    return f"{end.status} {end.error}, {invoked} invocations, {_changed(before, stage.trace(arn))}"


def _stopped(stage: Stage) -> str:
    """A run that is stopped while it measures is cleaned up."""
    arn = stage.add_function(SLOW)
    before = stage.trace(arn)
    run = stage.start(arn, powerValues=[128, 512, 1024], num=20)
    versions = len(before["versions"])
    stage.wait("versions are published", lambda: len(stage.trace(arn)["versions"]) > versions or None, _ENDS_S)
    status = run.stop()
    stage.wait("the lease is released", lambda: stage.app.leases.get(arn) is None or None, _ENDS_S)
    return f"{status}, {_changed(before, stage.trace(arn))}"


def _second(stage: Stage) -> str:
    """A second run of a function that is being tuned is refused, and the first is not disturbed."""
    arn = stage.add_function(SLOW)
    before = stage.trace(arn)
    first = stage.start(arn, powerValues=[128, 512], num=5)
    stage.wait("the first holds the lease", lambda: stage.app.leases.get(arn), _ENDS_S)
    second, _ = stage.tune(arn, **_SMALL)
    end = first.follow(lambda _: None, interval_s=1)
    return f"first {_told(end)}, second {second.status} {second.error}, {_changed(before, stage.trace(arn))}"


def _applied(stage: Stage) -> str:
    """A decision is applied to an alias, and taken back."""
    arn = stage.add_function(WORKING)
    client = stage.client("lambda")
    version = client.publish_version(FunctionName=arn)["Version"]
    client.create_alias(FunctionName=arn, Name="live", FunctionVersion=version)
    _, results = stage.tune(arn, **SWEEP, strategy="speed", autoOptimize=True, autoOptimizeAlias="live")
    event = stage.heard(results.run_id, "Power Setting Applied")
    detail = event["detail"]
    pointed = client.get_function_configuration(FunctionName=arn, Qualifier="live")["MemorySize"]
    moved = "the alias has the decision" if pointed == detail["toMemoryMb"] else f"the alias has {pointed} MB"
    found = stage.client("cloudformation").describe_stack_resource(
        StackName=stage.stack_name, LogicalResourceId="OptimizerFunction"
    )
    optimizer = found["StackResourceDetail"]["PhysicalResourceId"]
    payload = json.dumps({"rollback": results.run_id}).encode()
    answer = client.invoke(FunctionName=optimizer, Payload=payload)
    back = client.get_alias(FunctionName=arn, Name="live")["FunctionVersion"] == version
    taken = "taken back" if back and "FunctionError" not in answer else answer["Payload"].read().decode()
    return f"applied {detail['applied']}, {moved}, {taken}"


def _deployed(stage: Stage) -> str:
    """An enrolled function is tuned by itself when code is deployed."""
    arn = stage.add_function(WORKING)
    stage.app.profiles.put(Profile(arn, {**_SMALL, "payload": {}}, Policy("propose"), cool_down_s=0))
    stage.client("lambda").update_function_code(FunctionName=arn, ZipFile=zipped(WORKING + "# release 2\n"))
    stage.settled(arn)
    if stage.local:
        _tell_of_deployment(stage, arn)

    def look() -> CompletedRun | None:
        runs = stage.app.history.latest(arn, 5)
        return next((run for run in runs if isinstance(run, CompletedRun)), None)

    try:
        run = stage.wait("the run of the deployment", look, _CLOUD_TRAIL_S)
        code = stage.client("lambda").get_function_configuration(FunctionName=arn)["CodeSha256"]
        skips = [run.reason for run in stage.app.history.latest(arn, 5) if isinstance(run, SkippedRun)]
        measured = "measured what was deployed" if run.code_sha256 == code else "measured other code"
        return f"{run.trigger}, {measured}, {len(skips)} skips"
    finally:
        stage.app.profiles.delete(arn)


def _tell_of_deployment(stage: Stage, arn: str) -> None:
    """Put what CloudTrail would tell: the local AWS has no CloudTrail."""
    detail = {
        "eventSource": "lambda.amazonaws.com",
        "eventName": "UpdateFunctionCode20150331v2",
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "awsRegion": stage.cloud.region,
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/deployer/verify"},
        "requestParameters": {"functionName": arn},
        "responseElements": None,
    }
    entry = {"Source": "aws.lambda", "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(detail)}
    stage.client("events").put_events(Entries=[entry])


def _drift(stage: Stage) -> str:
    """The nightly check measures a baseline, and finds nothing changed the next time."""
    arn = stage.add_function(WORKING)
    stage.tune(arn, **_SMALL)
    stage.app.profiles.put(Profile(arn, {**_SMALL, "payload": {}}, Policy("propose"), 0, MEASURE, 0.9))
    try:
        return ", ".join(_check_fleet(stage, arn) for _ in range(2))
    finally:
        stage.app.profiles.delete(arn)


def _check_fleet(stage: Stage, arn: str) -> str:
    states = stage.client("stepfunctions")
    found = stage.client("cloudformation").describe_stack_resource(
        StackName=stage.stack_name, LogicalResourceId="FleetStateMachine"
    )
    machine = found["StackResourceDetail"]["PhysicalResourceId"]
    execution = states.start_execution(stateMachineArn=machine, input="{}")["executionArn"]

    def ended() -> str | None:
        status = str(states.describe_execution(executionArn=execution)["status"])
        return None if status == "RUNNING" else status

    status = stage.wait("the check ends", ended, _ENDS_S)
    if status != "SUCCEEDED":
        return f"the check {status}"
    checked = json.loads(states.describe_execution(executionArn=execution)["output"])
    outcomes = [str(each["outcome"]) for each in checked if each["targetArn"] == arn]
    kept = "kept" if stage.app.baselines.get(arn) is not None else "not kept"
    return f"{', '.join(outcomes) or 'not checked'} ({kept})"


SCENARIOS = (
    Check(
        "classic",
        "Does a sweep decide, leave the function as it was, and tell it everywhere?",
        f"SUCCEEDED, {_AS_IT_WAS}, history, S3 and event agree, the report is there",
        _classic,
        180,
    ),
    Check(
        "smart",
        "Does a smart run decide, leave the function as it was, and tell it everywhere?",
        f"SUCCEEDED, {_AS_IT_WAS}, history, S3 and event agree, the report is there",
        _smart,
        300,
    ),
    Check(
        "wrong-payload",
        "Is a payload that the function cannot take found out by two invocations?",
        f"FAILED NothingMeasured, 2 invocations, {_AS_IT_WAS}",
        _wrong_payload,
        120,
    ),
    Check("stopped", "Is a stopped run cleaned up?", f"ABORTED, {_AS_IT_WAS}", _stopped, 180),
    Check(
        "second-run",
        "Is a second run of a function refused while the first goes on?",
        f"first SUCCEEDED, second FAILED TargetBusy, {_AS_IT_WAS}",
        _second,
        240,
    ),
    Check(
        "applied",
        "Does an alias get the decision, and its old version back?",
        "applied True, the alias has the decision, taken back",
        _applied,
        240,
    ),
    Check(
        "deployed",
        "Does a deployment of an enrolled function start one run of the new code?",
        "deployment, measured what was deployed, 0 skips",
        _deployed,
        _CLOUD_TRAIL_S,
    ),
    Check(
        "drift",
        "Does the nightly check measure, and keep what it measured?",
        "baseline (kept), unchanged (kept)",
        _drift,
        300,
    ),
)
