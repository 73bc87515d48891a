"""Canaries with a fault at one of their API calls, played and judged."""

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from campaign import targets
from campaign.canary_verdicts import Ended, judge
from campaign.cases import CLOCK, DELIVERY, SMALL, STACK, STEADY, STRIKES, Site, Strike, sites_of
from campaign.observation import caller_of
from campaign.stage import Stage
from campaign.verdicts import Judgement
from power_tuner_local.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from power_tuner_local.faults import Watch

QUICK = {"weights": [0.2, 0.5], "paceSeconds": 1, "minimalCalls": 30, "slowdown": 0.5, "errorRise": 0.3, "hours": 0.1}
CALLERS = ("OptimizerFunction", "CanaryFunction", "CanaryStateMachine")
_USUAL = (
    *("throttle", "throttle x3", "500", "409", "403", "lost request", "lost answer", "slow answer"),
    *("crash before", "crash after", "timeout"),
    *("code deployed", "memory deployed", "tagged", "stopped by hand"),
)
OURS = {
    **{name: STRIKES[name] for name in _USUAL},
    "alias moved": Strike("alias moved", Kind.INTRUSION, intrudes="moved"),
    "weights changed": Strike("weights changed", Kind.INTRUSION, intrudes="weighted"),
    "weights taken off": Strike("weights taken off", Kind.INTRUSION, intrudes="unweighted"),
}
_HANG_S = 90.0
_SETTLE_S = 10.0
_TICK_S = 0.25
_CALLS_PER_TICK = 10
_JANITOR_ROUNDS = 3
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Case:
    """A canary with one fault; None is one without.

    Attributes:
        tried_ms: How long the calls of the new version take; those of the old one take 100 ms.
    """

    tried_ms: float
    site: Site | None = None
    strike: str = ""

    @property
    def key(self) -> str:
        """Return a name for people."""
        site = self.site
        struck = f"/{site.caller}/{site.service}.{site.action}#{site.nth}/{self.strike}" if site else ""
        return f"{self.tried_ms:g} ms{struck}"


@dataclass(slots=True)
class _Play:
    """One canary as it is played."""

    stage: Stage
    name: str
    watch: "Watch"
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return self.stage.arn(self.name)

    @property
    def run_id(self) -> str:
        return f"{self.name}-run"

    def ask(self, request: dict[str, Any]) -> str:
        """Ask the Optimizer, and return its error; empty if it did what it was asked for."""
        optimizer = self.stage.client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId="OptimizerFunction"
        )["StackResourceDetail"]["PhysicalResourceId"]
        answer = self.stage.client("lambda").invoke(FunctionName=optimizer, Payload=json.dumps(request).encode())
        return "" if "FunctionError" not in answer else str(json.loads(answer["Payload"].read()).get("errorType", "?"))

    def intrude(self, what: str) -> None:
        """Do what somebody else does in the middle of it."""
        functions = self.stage.client("lambda")
        if what == "stop":
            trial = self.stage.app.canaries.get(self.arn)
            if trial is not None:
                with contextlib.suppress(self.stage.client("stepfunctions").exceptions.ExecutionDoesNotExist):
                    self.stage.client("stepfunctions").stop_execution(executionArn=trial.execution_arn)
        elif what == "tag":
            functions.tag_resource(Resource=self.arn, Tags={"touched": "yes"})
        elif what == "code":
            foreign = targets.zipped(targets.FOREIGN)
            targets.retried(lambda: functions.update_function_code(FunctionName=self.name, ZipFile=foreign))
        elif what == "memory":
            self.changes["memory"] = targets.FOREIGN_MEMORY_MB
            targets.retried(
                lambda: functions.update_function_configuration(
                    FunctionName=self.name, MemorySize=targets.FOREIGN_MEMORY_MB
                )
            )
        else:
            self._change_alias(what)

    def _change_alias(self, what: str) -> None:
        functions = self.stage.client("lambda")
        found = functions.get_alias(FunctionName=self.name, Name="live")
        weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        versions = [each["Version"] for each in functions.list_versions_by_function(FunctionName=self.name)["Versions"]]
        other = max(versions[1:], key=int)
        change: dict[str, Any] = {"RoutingConfig": {"AdditionalVersionWeights": {}}}
        if what == "weighted" and other != found["FunctionVersion"]:
            change = {"RoutingConfig": {"AdditionalVersionWeights": {other: 0.07}}}
        elif what == "moved":
            change["FunctionVersion"] = other
        if what == "unweighted" and not weights:
            return
        functions.update_alias(FunctionName=self.name, Name="live", **change)
        self.changes["alias"] = (
            change.get("FunctionVersion", found["FunctionVersion"]),
            change["RoutingConfig"]["AdditionalVersionWeights"],
        )


class CanaryPlayer:
    """Plays canaries on a stage; several may be played at once."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def sites(self) -> list[Site]:
        """Return the call sites of a canary that is promoted, and of one that is taken back, each once."""
        found: dict[Site, None] = {}
        for tried_ms in (100.0, 200.0):
            with self._playing(Case(tried_ms)) as (play, _):
                self._observe(play)
                found |= dict.fromkeys(sites_of(play.watch, STACK))
        return [site for site in found if site.caller in CALLERS and site.service not in {DELIVERY, CLOCK}]

    def play(self, case: Case) -> tuple[str, Judgement]:
        """Play one canary, and judge how it ended."""
        with self._playing(case) as (play, before), contextlib.ExitStack() as injected:
            if case.site:
                fault = self._fault(case.site, OURS[case.strike], play)
                injected.enter_context(self._stage.aws.faults.inject(fault))
            ended = self._observe(play)
            return case.key, judge(ended, before, play.changes, slow=case.tried_ms > 100)  # noqa: PLR2004 (see Case)

    @contextlib.contextmanager
    def _playing(self, case: Case) -> "Iterator[tuple[_Play, dict[str, Any]]]":
        stage, name = self._stage, self._stage.new_name()
        with targets.new_target(stage.client("lambda"), name, STEADY, stage.role_arn) as before:
            execution = stage.start(f"{name}-run", {"lambdaARN": name, **SMALL})
            _wait(lambda: self._status(execution) != "RUNNING", _HANG_S)
            _wait(lambda: stage.app.leases.get(stage.arn(name)) is None, _SETTLE_S)
            with stage.aws.faults.watch(name) as watch, self._production(name, case.tried_ms):
                yield _Play(stage, name, watch), before

    def _status(self, execution_arn: str) -> str:
        client = self._stage.client("stepfunctions")
        try:
            return str(client.describe_execution(executionArn=execution_arn)["status"])
        except client.exceptions.ExecutionDoesNotExist:
            return "NONE"

    def _fault(self, site: Site, strike: Strike, play: _Play) -> Fault:
        return Fault(
            strike.kind,
            service=site.service,
            action=site.action,
            caller=f"{STACK}-{site.caller}Role-",
            target=f":function:{STACK}-{site.caller}-",
            mentions=play.name,
            nth=site.nth,
            times=strike.times,
            delay_s=strike.delay_s,
            intrusion=(lambda _: play.intrude(strike.intrudes)) if strike.intrudes else None,
        )

    def _observe(self, play: _Play) -> Ended:
        """Ask for the canary, again if that fails, as a person does; and wait until nothing is under way."""
        app, asked = self._stage.app, {"apply": play.run_id, "alias": "live", "canary": QUICK}
        refused = play.ask(asked)
        if refused and refused != "NotApplied":
            refused = play.ask(asked)
        _wait(lambda: app.canaries.get(play.arn) is None or self._is_over(play), _HANG_S)
        for _ in range(_JANITOR_ROUNDS):
            _wait(lambda: _is_quiet(play.watch), _SETTLE_S)
            trial = app.canaries.get(play.arn)
            if trial is None and app.leases.get(play.arn) is None:
                break
            self._let_time_pass(play.arn)
            self._stage.fire_schedule("janitor")
            _wait(lambda: app.canaries.get(play.arn) is None and app.leases.get(play.arn) is None, _SETTLE_S)
        if refused:
            # Whoever began by hand what did not end takes it back; until the lease has expired, it is refused.
            play.ask({"rollback": play.run_id})
        _wait(lambda: _is_quiet(play.watch), _SETTLE_S)
        return Ended.read(self._stage, play.name, play.run_id, refused)

    def _is_over(self, play: _Play) -> bool:
        trial = self._stage.app.canaries.get(play.arn)
        return trial is not None and self._status(trial.execution_arn) not in {"RUNNING", "NONE"}

    def _let_time_pass(self, arn: str) -> None:
        """Let the canary be so old that its execution must have been started, and a lease expire."""
        app = self._stage.app
        trial = app.canaries.get(arn)
        if trial is not None:
            with contextlib.suppress(Exception):
                app.canaries.save(replace(trial, noted_s=0.0))
        self._stage.ledger.expire(arn, "untilS")

    @contextlib.contextmanager
    def _production(self, name: str, tried_ms: float) -> "Iterator[None]":
        """Let CloudWatch have what it would have of both versions' calls, without making them."""
        stopping = threading.Event()
        thread = threading.Thread(target=self._call, args=(name, tried_ms, stopping), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()

    def _call(self, name: str, tried_ms: float, stopping: threading.Event) -> None:
        logs, metrics = self._stage.aws.client("logs"), self._stage.aws.client("cloudwatch")
        group, streams = f"/aws/lambda/{name}", set()
        while not stopping.wait(_TICK_S):
            trial = self._stage.app.canaries.get(self._stage.arn(name))
            for version, memory_mb in (trial.versions if trial else {}).items():
                stream = f"2026/11/28/[{version}]production"
                if stream not in streams:
                    logs.create_log_stream(logGroupName=group, logStreamName=stream)
                    streams.add(stream)
                typical_ms = 100.0 if trial is None or version != trial.doing.version else tried_ms
                logs.put_log_events(
                    logGroupName=group, logStreamName=stream, logEvents=_lines(typical_ms, memory_mb, name)
                )
                dimensions = [("FunctionName", name), ("Resource", f"{name}:live"), ("ExecutedVersion", version)]
                metrics.put_metric_data(
                    Namespace="AWS/Lambda",
                    MetricData=[
                        {
                            "MetricName": "Invocations",
                            "Value": _CALLS_PER_TICK,
                            "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions],
                        }
                    ],
                )


def _lines(typical_ms: float, memory_mb: int, name: str) -> list[dict[str, Any]]:
    """Return what Lambda writes of some warm calls."""
    at_ms, lines = int(time.time() * 1000), []
    for number in range(_CALLS_PER_TICK):
        request_id = f"{name}-{at_ms}-{number}"
        duration_ms = typical_ms * (0.9 + 0.1 * (number % 3))
        report = (
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tBilled Duration: {duration_ms:.0f} ms\t"
            f"Memory Size: {memory_mb} MB\tMax Memory Used: 40 MB\t\n"
        )
        start = f"START RequestId: {request_id} Version: 1\n"
        lines += [{"timestamp": at_ms, "message": message} for message in (start, report)]
    return lines


def cases(sites: "Sequence[Site]") -> list[Case]:
    """Return every fault at every call of a good canary and of a slow one."""
    return [
        Case(tried_ms, site, name)
        for tried_ms in (100.0, 200.0)
        for site in sites
        for name, strike in OURS.items()
        if strike.strikes(site)
    ]


def _is_quiet(watch: "Watch") -> bool:
    calls = len(watch.calls)
    time.sleep(1.5)
    return not any(caller_of(call) for call in watch.calls[calls:])


def _wait(check: Any, timeout_s: float) -> Any:
    deadline_s = time.monotonic() + timeout_s
    while True:
        found = check()
        if found or time.monotonic() > deadline_s:
            return found
        time.sleep(_POLL_S)
