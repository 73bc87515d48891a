"""Play one run on the stage, with or without faults, and observe it until nothing happens any more."""

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from campaign import targets
from campaign.cases import DEPLOYS, STACK, STRIKES, Scenario, Site, Starter, Strike, sites_of
from campaign.observation import NOT_STARTED, Observation, Play, caller_of
from power_tuner_local.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.stage import Stage
    from power_tuner_local.faults import Watch

HANG_S = 150.0
_SETTLE_S = 8.0
_QUIET_S = 0.5
_JANITOR_ROUNDS = 4
_POLL_S = 0.1
# The Publisher dies with a version that it has not noted, and nothing cleans up before the janitor does.
_DEADLY = (
    (Site("PublisherFunction", "lambda", "PublishVersion", 2), STRIKES["crash after"]),
    (Site("CleanUpOnErrorFunction", "dynamodb", "GetItem", 1), Strike("403 for good", Kind.FORBIDDEN, times=1000)),
)


class Player:
    """Plays runs on a stage; several may be played at once."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._ledger = stage.ledger

    def sites(self, scenario: Scenario) -> list[Site]:
        """Return the call sites of a scenario, from one clean run."""
        with self._playing(scenario) as play:
            self._observe(play)
        return sites_of(play.watch, STACK)

    def play(self, scenario: Scenario, *faults: tuple[Site, Strike]) -> Observation:
        """Play one run and return what could be seen of it."""
        began_s = time.monotonic()
        with self._playing(scenario) as play, contextlib.ExitStack() as injected:
            for site, strike in faults:
                fault = self._stage.aws.faults.inject(self._fault(site, strike, play))
                play.injections.append(injected.enter_context(fault))
            observation = self._observe(play)
        observation.took_s = time.monotonic() - began_s
        return observation

    @contextlib.contextmanager
    def _playing(self, scenario: Scenario) -> "Iterator[Play]":
        stage, name = self._stage, self._stage.new_name()
        with (
            targets.new_target(stage.client("lambda"), name, scenario.source, stage.role_arn) as before,
            stage.aws.faults.watch(name) as watch,
            contextlib.ExitStack() as undo,
        ):
            play = Play(name, stage.arn(name), scenario, before, watch)
            undo.callback(stage.app.profiles.delete, play.target_arn)
            if scenario.abandoned:
                for site, strike in _DEADLY:
                    undo.enter_context(stage.aws.faults.inject(self._fault(site, strike, play)))
            yield play

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
                self._ledger.expire(play.target_arn, "untilS")
                self._stage.fire_schedule("janitor")
                _wait(lambda: not self._ledger.has_active_lease(play.target_arn), _SETTLE_S)
            case "tag" | "untag" | "permission":
                targets.touch(self._stage.client("lambda"), play, what)
            case _:
                if what in DEPLOYS:
                    play.deployed_at = len(play.watch.calls) - 1
                targets.deploy(self._stage.client("lambda"), play, what)

    def _stop(self, play: Play) -> None:
        """Stop the run, and wait until its cleanup has begun."""
        if play.scenario.starter is not Starter.PERSON and not self._has_started(play):
            return
        self._stop_execution(play.executions[0])
        run_id = play.executions[0].rpartition(":")[2]
        _wait(lambda: not self._ledger.has_active_lease(play.target_arn, run_id), _SETTLE_S)

    def _stop_execution(self, execution_arn: str) -> None:
        self._stage.client("stepfunctions").stop_execution(executionArn=execution_arn)

    def _observe(self, play: Play) -> Observation:
        self._start(play)
        if play.scenario.stop_at:
            _wait(lambda: _has_called(play.scenario.stop_at, play.watch) or self._ended(play), HANG_S)
            self._stop_execution(play.executions[0])
        _wait(lambda: self._ended(play), HANG_S)
        run_ids = [each.rpartition(":")[2] for each in play.executions]
        seen = Observation(run_ids[0] if run_ids else play.target, before=play.before)
        seen.second = Observation(run_ids[1]) if run_ids[1:] else None
        for each, execution_arn in zip(_each(seen), play.executions, strict=False):
            self._describe(each, execution_arn)
        if not play.executions and self._is_explained(play):
            seen.status = NOT_STARTED
            seen.explained = True
        if seen.status:
            self._settle(play, seen)
        self._gather(play, seen)
        if not seen.status:
            for execution_arn in play.executions:
                with contextlib.suppress(ClientError):
                    self._stop_execution(execution_arn)
        return seen

    def _start(self, play: Play) -> None:
        """Start what the scenario starts; if no person starts it, wait until a run or a reason for none is there."""
        if play.scenario.starter is not Starter.PERSON:
            self._ledger.enroll(play.target_arn, dict(play.scenario.fields))
            play.earlier_checks = frozenset(self._stage.checks())
            if play.scenario.starter is Starter.CHECK:
                self._stage.fire_schedule("fleet")
            else:
                self._stage.send_deployment(play.target)
            _wait(lambda: self._has_started(play) or self._is_explained(play), HANG_S)
            return
        target = play.scenario.target.replace("<run>", play.target) or play.target
        run_input = {"lambdaARN": target, **play.scenario.fields}
        if play.scenario.rival:
            self._stage.start(f"{play.target}-rival", run_input)
            _wait(lambda: self._ledger.lease(play.target_arn), _SETTLE_S)
        names = [play.target, f"{play.target}-second"] if play.scenario.together else [play.target]
        play.executions += [self._stage.start(name, run_input) for name in names]

    def _has_started(self, play: Play) -> bool:
        """Return whether the run was started; note its execution."""
        name = play.started_by(play.scenario.starter.value)
        if name:
            machine_arn = self._stage.app.settings.state_machine_arn
            arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
            with contextlib.suppress(ClientError):
                self._stage.client("stepfunctions").describe_execution(executionArn=arn)
                play.executions[:] = [arn]
        return bool(play.executions)

    def _is_explained(self, play: Play) -> bool:
        """Return whether it is known why no run was started.

        Known is an item, a dead letter, an event that was lost, or a check of the fleet that says that it failed.
        """
        lost = any(each.fault.kind is Kind.EVENT_LOST and each.hit for each in play.injections)
        if play.scenario.starter is Starter.CHECK and self._failed_check(play):
            return True
        return lost or self._ledger.dead_letters(play.target) > 0 or self._ledger.skips(play.target_arn) > 0

    def _failed_check(self, play: Play) -> bool:
        """Return whether the check that was to start the run has ended, and says that it failed."""
        checks = self._stage.checks()
        mine = [arn for arn, status in checks.items() if arn not in play.earlier_checks and status != "RUNNING"]
        return any(self._stage.outcome_of(arn, play.target_arn).lower().startswith("failed") for arn in mine)

    def _ended(self, play: Play) -> bool:
        describe = self._stage.client("stepfunctions").describe_execution
        return all(describe(executionArn=arn)["status"] != "RUNNING" for arn in play.executions)

    def _describe(self, seen: Observation, execution_arn: str) -> None:
        client = self._stage.client("stepfunctions")
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
        """Wait until the run has left nothing; while it has, let the janitor come, as it does every five minutes."""
        _wait(lambda: self._is_settled(play, seen), _SETTLE_S)
        # a function goes on when its execution is stopped, and may take the lease when the cleanup is over
        _wait(lambda: _is_quiet(play.watch), _SETTLE_S)
        while self._ledger.lease(play.target_arn) and seen.janitor_rounds < _JANITOR_ROUNDS:
            _wait(lambda: _is_quiet(play.watch), _SETTLE_S)
            self._ledger.expire(play.target_arn, "intentUntilS")
            self._stage.fire_schedule("janitor")
            seen.janitor_rounds += 1
            _wait(lambda: not self._ledger.lease(play.target_arn), _SETTLE_S)
        _wait(lambda: self._is_settled(play, seen), _SETTLE_S)
        seen.active = not _wait(lambda: _is_quiet(play.watch), _SETTLE_S)

    def _is_settled(self, play: Play, seen: Observation) -> bool:
        if self._ledger.lease(play.target_arn) or self._stage.aws.faults.late_for(play.target):
            return False
        for each in _each(seen):
            told = "Power Tuning Completed" if each.status == "SUCCEEDED" else "Power Tuning Failed"
            if each.status != NOT_STARTED and told not in self._ledger.events_of(each.run_id):
                return False
        applies = play.scenario.applies and seen.status == "SUCCEEDED"
        return not applies or any("applied" in item for item in self._ledger.items(play.target_arn, seen.run_id))

    def _gather(self, play: Play, seen: Observation) -> None:
        ledger = self._ledger
        seen.struck = play.struck
        seen.lease_left = ledger.lease(play.target_arn) is not None
        seen.skips = ledger.skips(play.target_arn)
        seen.dead_letters = ledger.dead_letters(play.target)
        seen.deployed_at = play.deployed_at
        seen.judged_at = play.last_look("AnalyzerFunction")
        seen.begun_at = play.last_look("InitializerFunction")
        seen.interleaved = play.interleaved()
        seen.after = targets.trace(self._stage.client("lambda"), play.target)
        for each in _each(seen):
            each.items = ledger.items(play.target_arn, each.run_id)
            each.events = ledger.events_of(each.run_id)
            each.document = ledger.document(each.items)
        seen.expected = play.expected(seen.items)


def _each(seen: Observation) -> list[Observation]:
    return [seen, seen.second] if seen.second else [seen]


def _has_called(caller: str, watch: "Watch") -> bool:
    return any(caller_of(call) == caller for call in watch.calls)


def _is_quiet(watch: "Watch") -> bool:
    """Return whether no role calls anything for a moment."""
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
