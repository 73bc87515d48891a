"""A run's whole world in memory: the app over fakes, and its steps in the order in which the machine calls them."""

import json
from dataclasses import dataclass, field
from typing import Any

from msgspec import convert, to_builtins
from msgspec.structs import replace

from fake_lambda import TARGET_ARN, FakeFunctions
from fake_stores import (
    FakeBaselines,
    FakeCanaries,
    FakeDailyInvocations,
    FakeDailyMetrics,
    FakeDocuments,
    FakeHistory,
    FakeLeases,
    FakeProfiles,
)
from fakes import (
    NOON,
    FakeAliasCalls,
    FakeClock,
    FakeDeploymentTargets,
    FakeEvents,
    FakeExecutions,
    FakeMetrics,
    FakeParameters,
    FakeProductionLogs,
    FakeResourcePolicies,
)
from power_tuner import metrics
from power_tuner.app import App
from power_tuner.automation.by_hand import read_by_hand
from power_tuner.automation.completion import read_run_id
from power_tuner.automation.policy import Policy, StackPolicy
from power_tuner.automation.profile import Profile
from power_tuner.operations.cleaning import clean_up
from power_tuner.operations.failing import record_failure
from power_tuner.ports import Begun
from power_tuner.settings import SECONDS_PER_DAY, Settings
from power_tuner.steps.analyzer import Analyzer
from power_tuner.steps.deployments import Deployments
from power_tuner.steps.drift import Drift
from power_tuner.steps.executor import BatchItem, Executor
from power_tuner.steps.initializer import Execution, Initializer
from power_tuner.steps.janitor import Janitor
from power_tuner.steps.optimizer import Optimizer
from power_tuner.steps.publisher import Publisher
from power_tuner.steps.record import Record
from power_tuner.tuning.result import Draft
from power_tuner.tuning.round import Batches, Round
from power_tuner.tuning.visualization import DEFAULT_VISUALIZATION_URL

RUN_ID = "run-1"
RETENTION_S = SECONDS_PER_DAY
MEMORIES_MB = (128, 512, 1024)


def execution_of(run_id: str) -> Execution:
    """Return the execution that a run is."""
    arn = f"arn:aws:states:eu-west-1:123456789012:execution:power-tuner-1a2b:{run_id}"
    return Execution(run_id=run_id, arn=arn, started_at=NOON)


def answer_of(answer: object) -> dict[str, Any]:
    """Return what a step returns as the JSON that its function answers."""
    document: dict[str, Any] = json.loads(json.dumps(to_builtins(answer, str_keys=True)))
    return document


@dataclass
class World:
    """One account with one target, and the app."""

    update_s: float = 0.5
    largest_memory_mb: int = 10_240
    processor_resource: str = "*"
    clock: FakeClock = field(default_factory=FakeClock)
    leases: FakeLeases = field(init=False)
    functions: FakeFunctions = field(init=False)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    history: FakeHistory = field(default_factory=FakeHistory)
    events: FakeEvents = field(default_factory=FakeEvents)
    executions: FakeExecutions = field(init=False)
    baselines: FakeBaselines = field(default_factory=FakeBaselines)
    daily_invocations: FakeDailyInvocations = field(default_factory=FakeDailyInvocations)
    daily_metrics: FakeDailyMetrics = field(default_factory=FakeDailyMetrics)
    canaries: FakeCanaries = field(default_factory=FakeCanaries)
    alias_calls: FakeAliasCalls = field(default_factory=FakeAliasCalls)
    max_invocations_per_day: int = 0
    max_invocations_per_run: int = 100_000
    logs: FakeProductionLogs = field(default_factory=FakeProductionLogs)
    parameters: FakeParameters = field(default_factory=FakeParameters)
    profiles: FakeProfiles = field(default_factory=FakeProfiles)
    resource_policies: FakeResourcePolicies = field(default_factory=FakeResourcePolicies)
    deployment_targets: FakeDeploymentTargets = field(default_factory=FakeDeploymentTargets)
    stack_policy: StackPolicy = field(default_factory=StackPolicy)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)

    def __post_init__(self) -> None:
        self.leases = FakeLeases(self.clock)
        self.executions = FakeExecutions(clock=self.clock)
        self.functions = FakeFunctions(self.clock, update_s=self.update_s, largest_memory_mb=self.largest_memory_mb)
        self.functions.add()

    @property
    def app(self) -> App:
        """The app over the fakes."""
        settings = Settings(
            table_name="table",
            bucket_name="bucket",
            event_bus_name="power-tuner",
            default_memories_mb=MEMORIES_MB,
            visualization_url=DEFAULT_VISUALIZATION_URL,
            retention_days=1,
            max_concurrent_branches=5,
            processor_resource=self.processor_resource,
            state_machine_arn="arn:aws:states:eu-west-1:123456789012:stateMachine:power-tuner-1a2b",
            stack_policy=self.stack_policy,
            max_invocations_per_day=self.max_invocations_per_day,
            max_invocations_per_run=self.max_invocations_per_run,
        )
        return App(
            settings,
            now=self.clock.now,
            sleep=self.clock.sleep,
            functions=self.functions,
            leases=self.leases,
            documents=self.documents,
            history=self.history,
            events=self.events,
            executions=self.executions,
            profiles=self.profiles,
            baselines=self.baselines,
            daily_invocations=self.daily_invocations,
            daily_metrics=self.daily_metrics,
            canaries=self.canaries,
            alias_calls=self.alias_calls,
            production_logs=self.logs,
            resource_policies=self.resource_policies,
            deployment_targets=self.deployment_targets,
            parameters=self.parameters,
            metrics=self.metrics,
        )

    @property
    def target(self) -> Any:
        """Return the target."""
        return self.functions.functions[TARGET_ARN]

    @property
    def profile(self) -> Profile:
        """Return the target's profile."""
        profile = self.profiles.get(TARGET_ARN)
        assert profile
        return profile

    @property
    def memory_mb(self) -> int:
        """Return the memory of the target's ``$LATEST``."""
        return int(self.target.latest["MemorySize"])

    def begin(self, run_id: str = RUN_ID, **run_input: Any) -> dict[str, Any]:
        """Do what the Initializer does."""
        raw = {"lambdaARN": TARGET_ARN, "num": 5, "powerValues": list(MEMORIES_MB), **run_input}
        return self.begin_raw({name: value for name, value in raw.items() if value is not ...}, run_id)

    def begin_raw(self, raw: object, run_id: str = RUN_ID) -> dict[str, Any]:
        """Do what the Initializer does, with any input."""
        return answer_of(Initializer(self.app).initialize(raw, execution_of(run_id)))

    def publish(
        self,
        run_id: str = RUN_ID,
        *,
        remaining_s: float = 900.0,
        round_batches: dict[str, Any] | None = None,
        round_number: int = 1,
    ) -> dict[str, Any]:
        """Do what one call of the Publisher does; its time passes."""
        ends_s = self.clock.now() + remaining_s
        asked = Round(number=round_number, batches=convert(round_batches, Batches | None, str_keys=True))
        return answer_of(Publisher(self.app).publish(TARGET_ARN, run_id, asked, lambda: ends_s - self.clock.now()))

    def measure(
        self,
        branch: dict[str, Any],
        *,
        begin: int = 0,
        count: int = 5,
        position: int | None = None,
        kept: int | None = None,
        failed: int = 0,
        spent: float = 0.0,
        first_try: bool = False,
        remaining_s: float = 900.0,
        call_id: str = "call-1",
    ) -> dict[str, Any]:
        """Do what one call of the Executor does; its time passes."""
        ends_s = self.clock.now() + remaining_s
        item = BatchItem(
            target_arn=TARGET_ARN,
            memory_mb=branch["powerValue"],
            version=branch["version"],
            begin=begin,
            count=count,
            position=begin if position is None else position,
            kept=kept,
            failed=failed,
            spent=spent,
        )
        if first_try:
            Executor(self.app).try_once(RUN_ID, item, call_id)
            return {}
        return answer_of(Executor(self.app).execute(RUN_ID, item, call_id, lambda: ends_s - self.clock.now()))

    def measure_all(self, branches: list[dict[str, Any]]) -> None:
        """Do what the Map states do when nothing fails."""
        for branch in branches:
            for begin, count, position in branch["batches"]:
                call_id = f"{branch['powerValue']}-{begin}"
                if position > begin:
                    self.measure(branch, begin=begin, count=count, call_id=f"{call_id}-first", first_try=True)
                self.measure(branch, begin=begin, count=count, position=position, call_id=call_id)

    def analyze(self, round_number: int = 1) -> dict[str, Any]:
        """Do what the Analyzer does; returns the round as the state carries it."""
        return answer_of(Analyzer(self.app).analyze(TARGET_ARN, RUN_ID, round_number, publisher_calls=round_number))

    def draft(self) -> Draft:
        """Do what the Analyzer does when num is given; returns the draft."""
        self.analyze()
        return self.documents.draft(RUN_ID)

    def clean_up(self, run_id: str = RUN_ID, *, publisher_may_run: bool = False) -> bool:
        """Do what the Cleaner does."""
        return clean_up(self.app, TARGET_ARN, run_id, publisher_may_run=publisher_may_run)

    def record(self, run_id: str = RUN_ID, *, late: bool = False) -> dict[str, Any]:
        """Do what Record does."""
        return answer_of(Record(self.app).record(run_id, late=late))

    def fail(self, error: str, cause: str = "", *, run_id: str = RUN_ID) -> dict[str, str]:
        """Record a failure as CleanUpOnError does."""
        begun = self.history.begun(run_id) or Begun(None, NOON)
        arn = execution_of(run_id).arn
        return record_failure(self.app, run_id=run_id, execution_arn=arn, begun=begun, error=error, cause=cause)

    @property
    def optimizer(self) -> Optimizer:
        """The step that applies decisions."""
        return Optimizer(self.app)

    def roll_back(self, run_id: str = RUN_ID) -> dict[str, Any]:
        """Do what the Optimizer does when a decision is taken back."""
        run, restored = self.optimizer.roll_back(run_id)
        return {"runId": run.run_id, "targetArn": run.target_arn, **answer_of(restored)}

    @property
    def decisions(self) -> list[bool]:
        """Whether each decision that was counted was applied."""
        counted = (metrics.DECISIONS_APPLIED, metrics.DECISIONS_REFUSED)
        return [name == metrics.DECISIONS_APPLIED for name, _ in self.metrics.noted if name in counted]

    def decide(self, completed: dict[str, Any]) -> None:
        """Let the stack have recorded the decision and the policy of an event."""
        run_id, decision, comparison = completed["runId"], completed["decision"], completed["comparison"]
        changes = comparison or {"costChange": None, "durationChange": None, "significant": None}
        for key, item in self.history.items.items():
            if key.run_id == run_id and item["status"] == "completed":
                item |= {"power": decision["power"], "strategy": decision["strategy"]}
                item |= {name: changes.get(name) for name in ("costChange", "durationChange", "significant")}
        begun = self.history.begun(run_id)
        if begun and begun.target_arn and begun.origin:
            origin = replace(begun.origin, policy=convert(completed["policy"], Policy))
            self.history.note_begun(run_id, begun.target_arn, begun.started_at, origin)

    def optimize(self, completed: dict[str, Any], call_id: str = "call-1") -> dict[str, Any]:
        """Do what the Optimizer does with the event of a run that decided as the event says."""
        self.decide(completed)
        return answer_of(self.optimizer.apply(read_run_id({"detail": completed}), call_id))

    def apply_by_hand(self, run_id: str = RUN_ID, **asked: Any) -> dict[str, Any]:
        """Do what the Optimizer does when somebody applies a decision."""
        return answer_of(self.optimizer.apply_by_hand(read_by_hand({"apply": run_id, **asked}), "by-hand"))

    def deployed(self, event: dict[str, Any]) -> dict[str, list[str]]:
        """Do what Deployments does with an event of the default bus."""
        return Deployments(self.app).on_event(event)

    def check(self, target_arn: str = TARGET_ARN) -> dict[str, Any]:
        """Do what Drift does."""
        return answer_of(Drift(self.app).check(target_arn))

    def sweep(self) -> dict[str, list[str]]:
        """Do what the Janitor does."""
        return Janitor(self.app).clean_up()

    def tune(self, **run_input: Any) -> dict[str, Any]:
        """Do a whole run in which nothing fails; returns what Record returns."""
        measured = self.begin(**run_input)["round"]
        while not measured["done"]:
            published = self.publish(round_batches=measured["batches"], round_number=measured["number"])
            self.measure_all(published["branches"])
            self.clock.advance(5)
            measured = self.analyze(measured["number"])
        self.clean_up()
        return self.record()
