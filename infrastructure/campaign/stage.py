"""The stage of the campaign: one local AWS with the app, on which case after case is played."""

import contextlib
import itertools
import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from campaign import targets
from campaign.cases import STACK, Scenario, Site, Strike, sites_of
from campaign.ledger import Ledger
from campaign.observation import NOT_STARTED, Observation, Play, caller_of
from power_tuner_local import LocalAws
from power_tuner_local.faults import Fault, Kind
from power_tuner_local.lambda_service import LambdaOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from power_tuner_local.faults import Watch

ROOT = Path(__file__).resolve().parents[2]
PAYLOADS = "campaign-payloads"
HANG_S = 150.0
_DEPLOYED = ROOT / "events" / "examples" / "deployment-update-code.json"
_SETTLE_S = 8.0
_QUIET_S = 0.5
_JANITOR_ROUNDS = 4
_POLL_S = 0.1


class Stage:
    """A local AWS with the app deployed, and someone who collects its events and dead letters."""

    def __init__(self) -> None:
        options = LambdaOptions(
            update_delay_s=0.02, retry_delay_s=0.2, max_sandboxes=64, memory_cap_mb=3008, settable_clock=True
        )
        self._undo = contextlib.ExitStack()
        self.aws = self._undo.enter_context(LocalAws(lambda_options=options))
        self.aws.client("s3").create_bucket(Bucket=PAYLOADS)
        parameters = {"totalExecutionTimeout": "60", "payloadS3Bucket": PAYLOADS}
        stack = self.aws.deploy(ROOT / "template.yaml", stack_name=STACK, parameters=parameters)
        self.outputs = stack.outputs
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._prefix = f"case-{time.time_ns() // 1_000_000:x}"
        self._role = self._make_role()
        self._ledger = self._undo.enter_context(Ledger(self.client, self.outputs))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def client(self, service: str) -> Any:
        """Return the stage's own client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self.aws.client(service)
            return self._clients[service]

    def sites(self, scenario: Scenario) -> list[Site]:
        """Return the call sites of a scenario, from one clean run; the first warms the functions up."""
        with self._playing(scenario) as play:
            self._observe(play)
        return sites_of(play.watch, STACK)

    def play(self, scenario: Scenario, *faults: tuple[Site, Strike]) -> Observation:
        """Play one run, with or without a fault, and watch it until nothing happens any more."""
        began_s = time.monotonic()
        with self._playing(scenario) as play, contextlib.ExitStack() as injected:
            for site, strike in faults:
                play.injections.append(injected.enter_context(self.aws.faults.inject(self._fault(site, strike, play))))
            observation = self._observe(play)
        observation.took_s = time.monotonic() - began_s
        return observation

    @contextlib.contextmanager
    def _playing(self, scenario: Scenario) -> "Iterator[Play]":
        # No name is the beginning of another: what mentions one run mentions no other.
        name = f"{self._prefix}-{next(self._numbers):05}"
        with (
            targets.new_target(self.client("lambda"), name, scenario.source, self._role) as before,
            self.aws.faults.watch(name) as watch,
        ):
            yield Play(name, scenario, before, watch)

    def _fault(self, site: Site, strike: Strike, play: Play) -> Fault:
        is_a_call = strike.kind not in {Kind.EVENT_LATE, Kind.EVENT_TWICE, Kind.EVENT_LOST, Kind.CLOCK}
        return Fault(
            strike.kind,
            service=site.service if is_a_call else "",
            action="" if strike.kind is Kind.CLOCK else site.action,
            caller=f"{STACK}-{site.caller}Role-",
            target=f":function:{STACK}-{site.caller}-",
            mentions=play.target,
            nth=site.nth,
            times=strike.times,
            delay_s=strike.delay_s,
            intrusion=(lambda _: self._intrude(strike.intrudes, play)) if strike.intrudes else None,
        )

    def _intrude(self, what: str, play: Play) -> None:
        """Do what somebody else does in the middle of a run."""
        match what:
            case "stop":
                self._stop(play)
            case "expiry":
                self._ledger.set_leases(play.target, "untilS")
                self._run_janitor()
                _wait(lambda: not self._ledger.active_leases(play.target), _SETTLE_S)
            case _:
                play.deployed_at = len(play.watch.calls) - 1
                targets.deploy(self.client("lambda"), play, what)

    def _stop(self, play: Play) -> None:
        """Stop the run, and wait until its cleanup has begun."""
        if play.scenario.deployed and not self._has_started(play):
            return
        self.client("stepfunctions").stop_execution(executionArn=play.executions[0])
        run_id = play.executions[0].rpartition(":")[2]
        _wait(lambda: not self._ledger.active_leases(play.target, run_id), _SETTLE_S)

    def _observe(self, play: Play) -> Observation:
        self._start(play)
        if play.scenario.stop_at:
            _wait(lambda: _has_called(play.scenario.stop_at, play.watch) or self._ended(play), HANG_S)
            self.client("stepfunctions").stop_execution(executionArn=play.executions[0])
        _wait(lambda: self._ended(play), HANG_S)
        run_ids = [each.rpartition(":")[2] for each in play.executions]
        seen = Observation(run_ids[0] if run_ids else play.target, before=play.before)
        seen.second = Observation(run_ids[1]) if run_ids[1:] else None
        for each, execution_arn in zip(_each(seen), play.executions, strict=False):
            self._describe(each, execution_arn)
        if not play.executions and self._is_known(play):
            seen.status = NOT_STARTED
        if seen.status:
            self._settle(play, seen)
        self._gather(play, seen)
        if not seen.status:
            for execution_arn in play.executions:
                with contextlib.suppress(ClientError):
                    self.client("stepfunctions").stop_execution(executionArn=execution_arn)
        return seen

    def _start(self, play: Play) -> None:
        """Start what the scenario starts; of a deployment, wait until something became of it."""
        if play.scenario.deployed:
            self._ledger.enroll(play.target, play.scenario.fields)
            self._tell_of_deployment(play.target)
            _wait(lambda: self._has_started(play) or self._is_known(play), HANG_S)
            return
        if play.scenario.rival:
            self._execute(play, f"{play.target}-rival")
            _wait(lambda: self._ledger.leases(play.target), _SETTLE_S)
        names = [play.target, f"{play.target}-second"] if play.scenario.together else [play.target]
        play.executions += [self._execute(play, name) for name in names]

    def _execute(self, play: Play, name: str) -> str:
        target = play.scenario.target.replace("<run>", play.target) or play.target
        answer = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["StateMachineArn"],
            name=name,
            input=json.dumps({"lambdaARN": target, **play.scenario.fields}),
        )
        return str(answer["executionArn"])

    def _tell_of_deployment(self, target: str) -> None:
        """Put the event of a deployment on the default bus, in AWS's own shape."""
        event = json.loads(_DEPLOYED.read_text(encoding="utf-8"))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        named = {"eventTime": now, "requestParameters": {"functionName": target}, "responseElements": None}
        detail = json.dumps({**event["detail"], **named})
        entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": detail}
        self.client("events").put_events(Entries=[entry])

    def _has_started(self, play: Play) -> bool:
        """Tell whether Deployments has started the run; note its execution."""
        name = play.started_by("DeploymentsFunction")
        if name:
            arn = f"{self.outputs['StateMachineArn'].replace(':stateMachine:', ':execution:')}:{name}"
            with contextlib.suppress(ClientError):
                self.client("stepfunctions").describe_execution(executionArn=arn)
                play.executions[:] = [arn]
        return bool(play.executions)

    def _is_known(self, play: Play) -> bool:
        """Tell whether something says why no run was started, or nobody was told to start one."""
        lost = any(each.fault.kind is Kind.EVENT_LOST and each.hit for each in play.injections)
        return lost or self._ledger.dead_letters(play.target) > 0 or self._ledger.skips(play.target) > 0

    def _ended(self, play: Play) -> bool:
        describe = self.client("stepfunctions").describe_execution
        return all(describe(executionArn=arn)["status"] != "RUNNING" for arn in play.executions)

    def _describe(self, seen: Observation, execution_arn: str) -> None:
        client = self.client("stepfunctions")
        execution = client.describe_execution(executionArn=execution_arn)
        seen.status = "" if execution["status"] == "RUNNING" else execution["status"]
        seen.error, seen.cause = execution.get("error", ""), execution.get("cause", "")
        seen.output = json.loads(execution["output"]) if "output" in execution else None
        described = [
            client.describe_execution(executionArn=child["executionArn"])
            for map_run in client.list_map_runs(executionArn=execution_arn)["mapRuns"]
            for child in client.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
        ]
        seen.children = sorted(
            str(json.loads(child.get("output", "{}")).get("outcome", child["status"])) for child in described
        )

    def _settle(self, play: Play, seen: Observation) -> None:
        """Wait until the run has left nothing; let the janitor come when it has, as it does every five minutes."""
        _wait(lambda: self._is_settled(play, seen), _SETTLE_S)
        # a Lambda goes on when its execution is stopped, and may take the lease when the cleanup is over
        _wait(lambda: _is_quiet(play.watch), _SETTLE_S)
        while self._ledger.leases(play.target) and seen.janitor_rounds < _JANITOR_ROUNDS:
            _wait(lambda: _is_quiet(play.watch), _SETTLE_S)
            self._ledger.set_leases(play.target, "intentUntilS")
            self._run_janitor()
            seen.janitor_rounds += 1
            _wait(lambda: not self._ledger.leases(play.target), _SETTLE_S)
        _wait(lambda: self._is_settled(play, seen), _SETTLE_S)
        seen.active = not _wait(lambda: _is_quiet(play.watch), _SETTLE_S)

    def _is_settled(self, play: Play, seen: Observation) -> bool:
        if self._ledger.leases(play.target) or self.aws.faults.late_for(play.target):
            return False
        for each in _each(seen):
            told = "Power Tuning Completed" if each.status == "SUCCEEDED" else "Power Tuning Failed"
            if each.status != NOT_STARTED and told not in self._ledger.events_of(each.run_id):
                return False
        applies = play.scenario.applies and seen.status == "SUCCEEDED"
        return not applies or any("applied" in item for item in self._ledger.items(play.target, seen.run_id))

    def _run_janitor(self) -> None:
        schedules = self.client("scheduler").list_schedules()["Schedules"]
        self.aws.fire_schedule(next(each["Name"] for each in schedules if "janitor" in each["Name"].lower()))

    def _gather(self, play: Play, seen: Observation) -> None:
        ledger = self._ledger
        seen.struck = play.struck
        seen.leases = len(ledger.leases(play.target))
        seen.skips = ledger.skips(play.target)
        seen.dead_letters = ledger.dead_letters(play.target)
        seen.deployed_at = play.deployed_at
        seen.judged_at = play.last_look("AnalyzerFunction")
        seen.begun_at = play.last_look("InitializerFunction")
        seen.interleaved = play.interleaved()
        seen.after = targets.trace(self.client("lambda"), play.target)
        for each in _each(seen):
            each.items = ledger.items(play.target, each.run_id)
            each.events = ledger.events_of(each.run_id)
            each.document = ledger.document(each.items)
        seen.expected = play.expected(seen.items)

    def _make_role(self) -> str:
        trust = {"Version": "2012-10-17", "Statement": []}
        role = self.aws.client("iam").create_role(
            RoleName="campaign-target", AssumeRolePolicyDocument=json.dumps(trust)
        )
        return str(role["Role"]["Arn"])


def _each(seen: Observation) -> list[Observation]:
    return [seen, seen.second] if seen.second else [seen]


def _has_called(caller: str, watch: "Watch") -> bool:
    return any(caller_of(call) == caller for call in watch.calls)


def _is_quiet(watch: "Watch") -> bool:
    """Tell whether no role calls anything for a moment."""
    calls = len(watch.calls)
    time.sleep(_QUIET_S)
    return not any(caller_of(call) for call in watch.calls[calls:])


def _wait(check: "Callable[[], Any]", timeout_s: float) -> Any:
    deadline_s = time.monotonic() + timeout_s
    while True:
        found = check()
        if found or time.monotonic() > deadline_s:
            return found
        time.sleep(_POLL_S)
