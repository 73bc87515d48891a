"""A run's whole world in memory: the fakes, the steps over them, and the order in which the machine calls them."""

from dataclasses import dataclass, field
from typing import Any

from fake_lambda import TARGET_ARN, FakeFunctions
from fake_stores import FakeBaselines, FakeDocuments, FakeHistory, FakeLeases, FakeProfiles
from fakes import NOON, FakeClock, FakeDeployments, FakeEvents, FakeExecutions, FakeParameters, FakeProductionLogs
from power_tuner.automation.policy import StackPolicy
from power_tuner.operations.cleaning import Cleaning
from power_tuner.operations.failing import Failing
from power_tuner.ports import Begun
from power_tuner.steps.analyzer import Analyzing
from power_tuner.steps.deployments import Triggering
from power_tuner.steps.drift import Drifting
from power_tuner.steps.executor import BatchItem, Measuring
from power_tuner.steps.initializer import Beginning, Execution
from power_tuner.steps.janitor import Sweeping
from power_tuner.steps.optimizer import Optimizing
from power_tuner.steps.publisher import Publishing
from power_tuner.steps.record import Recording
from power_tuner.tuning.visualization import DEFAULT_VISUALIZATION_URL

RUN_ID = "run-1"
RETENTION_S = 86_400
MEMORIES_MB = (128, 512, 1024)


def execution_of(run_id: str) -> Execution:
    """Return the execution that a run is."""
    arn = f"arn:aws:states:eu-west-1:123456789012:execution:power-tuner-1a2b:{run_id}"
    return Execution(run_id=run_id, arn=arn, started_at=NOON)


@dataclass
class World:
    """One account with one target, and the app."""

    update_s: float = 0.5
    largest_memory_mb: int = 10_240
    clock: FakeClock = field(default_factory=FakeClock)
    leases: FakeLeases = field(init=False)
    functions: FakeFunctions = field(init=False)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    history: FakeHistory = field(default_factory=FakeHistory)
    events: FakeEvents = field(default_factory=FakeEvents)
    executions: FakeExecutions = field(init=False)
    baselines: FakeBaselines = field(default_factory=FakeBaselines)
    logs: FakeProductionLogs = field(default_factory=FakeProductionLogs)
    parameters: FakeParameters = field(default_factory=FakeParameters)
    profiles: FakeProfiles = field(default_factory=FakeProfiles)
    deployments: FakeDeployments = field(default_factory=FakeDeployments)
    stack_policy: StackPolicy = field(default_factory=StackPolicy)
    decisions: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leases = FakeLeases(self.clock)
        self.executions = FakeExecutions(clock=self.clock)
        self.functions = FakeFunctions(self.clock, update_s=self.update_s, largest_memory_mb=self.largest_memory_mb)
        self.functions.add()

    @property
    def target(self) -> Any:
        """Return the target."""
        return self.functions.functions[TARGET_ARN]

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
        return Beginning(
            functions=self.functions,
            leases=self.leases,
            documents=self.documents,
            history=self.history,
            profiles=self.profiles,
            now=self.clock.now,
            sleep=self.clock.sleep,
            default_memories_mb=MEMORIES_MB,
            max_concurrent_branches=5,
            stack_policy=self.stack_policy,
        ).begin(raw, execution_of(run_id))

    def publish(
        self, run_id: str = RUN_ID, *, remaining_s: float = 900.0, round_batches: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Do what one call of the Publisher does; its time passes."""
        ends_s = self.clock.now() + remaining_s
        publishing = Publishing(self.functions, self.leases, self.documents, self.clock.now, self.clock.sleep)
        return publishing.publish(TARGET_ARN, run_id, round_batches, lambda: ends_s - self.clock.now())

    def measure(
        self,
        branch: dict[str, Any],
        *,
        begin: int = 0,
        count: int = 5,
        position: int | None = None,
        kept: int = 0,
        remaining_s: float = 900.0,
        call_id: str = "call-1",
    ) -> dict[str, Any]:
        """Do what one call of the Executor does; its time passes."""
        ends_s = self.clock.now() + remaining_s
        measuring = Measuring(self.functions, self.leases, self.documents, self.clock.now, self.clock.sleep)
        item = BatchItem(
            target_arn=TARGET_ARN,
            memory_mb=branch["powerValue"],
            version=branch["version"],
            begin=begin,
            count=count,
            position=begin if position is None else position,
            kept=kept,
        )
        return measuring.measure(RUN_ID, item, call_id, lambda: ends_s - self.clock.now())

    def measure_all(self, branches: list[dict[str, Any]]) -> None:
        """Do what the Map states do when nothing fails."""
        for branch in branches:
            for begin, count in branch["batches"]:
                call_id = f"{branch['powerValue']}-{begin}"
                self.measure(branch, begin=begin, count=count, call_id=call_id)

    def analyze(self, round_number: int = 1) -> dict[str, Any]:
        """Do what the Analyzer does; returns the round as the state carries it."""
        analyzing = Analyzing(
            functions=self.functions,
            leases=self.leases,
            documents=self.documents,
            now=self.clock.now,
            sleep=self.clock.sleep,
            visualization_url=DEFAULT_VISUALIZATION_URL,
        )
        return analyzing.analyze(TARGET_ARN, RUN_ID, round_number, publisher_calls=round_number)

    def draft(self) -> dict[str, Any]:
        """Do what the Analyzer does when num is given; returns the draft."""
        self.analyze()
        return self.documents.draft(RUN_ID)

    @property
    def cleaning(self) -> Cleaning:
        """Return what cleans up."""
        return Cleaning(self.functions, self.leases, self.clock.now, self.clock.sleep)

    def clean_up(self, run_id: str = RUN_ID, *, publisher_may_run: bool = False) -> bool:
        """Do what the Cleaner does."""
        return self.cleaning.clean_up(TARGET_ARN, run_id, publisher_may_run=publisher_may_run)

    @property
    def recording(self) -> Recording:
        """Return what records."""
        return Recording(self.documents, self.history, self.clock.now, RETENTION_S)

    def fail(self, error: str, cause: str = "", *, run_id: str = RUN_ID) -> dict[str, str]:
        """Record a failure as CleanUpOnError does."""
        failing = Failing(self.history, self.events, self.clock.now, RETENTION_S)
        begun = self.history.begun(run_id) or Begun(None, NOON)
        arn = execution_of(run_id).arn
        return failing.record_failed(run_id=run_id, execution_arn=arn, begun=begun, error=error, cause=cause)

    @property
    def optimizing(self) -> Optimizing:
        """Return what applies decisions."""
        return Optimizing(
            functions=self.functions,
            leases=self.leases,
            history=self.history,
            parameters=self.parameters,
            events=self.events,
            now=self.clock.now,
            sleep=self.clock.sleep,
            count_decision=self.decisions.append,
        )

    def optimize(self, completed: dict[str, Any], call_id: str = "call-1") -> dict[str, Any]:
        """Do what the Optimizer does."""
        return self.optimizing.apply(completed, call_id)

    def deployed(self, event: dict[str, Any]) -> dict[str, list[str]]:
        """Do what Deployments does with an event of the default bus."""
        return Triggering(
            functions=self.functions,
            profiles=self.profiles,
            leases=self.leases,
            history=self.history,
            executions=self.executions,
            deployments=self.deployments,
            now=self.clock.now,
            sleep=self.clock.sleep,
            retention_s=RETENTION_S,
            like="arn:aws:states:eu-west-1:123456789012:stateMachine:power-tuner-1a2b",
        ).on_event(event)

    def check(self, target_arn: str = TARGET_ARN) -> dict[str, Any]:
        """Do what Drift does."""
        return Drifting(
            functions=self.functions,
            profiles=self.profiles,
            baselines=self.baselines,
            logs=self.logs,
            leases=self.leases,
            history=self.history,
            documents=self.documents,
            executions=self.executions,
            events=self.events,
            now=self.clock.now,
            sleep=self.clock.sleep,
        ).check(target_arn)

    @property
    def sweeping(self) -> Sweeping:
        """Return what the janitor does."""
        failing = Failing(self.history, self.events, self.clock.now, RETENTION_S)
        return Sweeping(self.leases, self.executions, self.history, self.cleaning, failing, self.clock.now)

    def sweep(self) -> dict[str, list[str]]:
        """Do what the Janitor does."""
        return self.sweeping.sweep()

    def tune(self, **run_input: Any) -> dict[str, Any]:
        """Do a whole run in which nothing fails; returns what Record returns."""
        measured = self.begin(**run_input)["round"]
        while not measured["done"]:
            published = self.publish(round_batches=measured["batches"])
            self.measure_all(published["branches"])
            self.clock.advance(5)
            measured = self.analyze(measured["number"])
        self.clean_up()
        return self.recording.record_completed(RUN_ID)
