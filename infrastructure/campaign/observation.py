"""What can be observed of a run, during it and afterwards."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from campaign.cases import STACK, logical_name
from campaign.targets import TAGS
from power_tuner_local.gateway.identity import role_of

if TYPE_CHECKING:
    from campaign.cases import Scenario
    from power_tuner_local.faults import Injection, Watch
    from power_tuner_local.gateway.api_calls import ApiCall

NOT_STARTED = "NOT STARTED"


@dataclass(slots=True)
class Observation:
    """What was observed of one run.

    Attributes:
        struck: Whether the fault was injected at all.
        status: The execution's status; empty while it has not ended, `NOT STARTED` when there was none.
        lease_left: Whether the lease was left.
        active: Whether calls of the run still came long after its end.
        before: The target before the run.
        expected: The target as it must be: as before, with what somebody else deployed.
        after: The target after the run.
        items: The run's items.
        skips: How many items say why no run was started.
        explained: Whether it is known why no run was started.
        events: The details of the events of the run, by detail type.
        children: The outcome of each branch, as the child executions say.
        dead_letters: How many messages in the dead-letter queue mention the run or its target.
        document: The result document, if there is one.
        deployed_at: The position among the calls at which somebody else deployed; None if nobody did.
        judged_at: The position of the Analyzer's last look at the target.
        begun_at: The position of the Initializer's last look at the target.
        interleaved: Whether two runs published in turns.
        janitor_rounds: How often the janitor had to clean up.
        second: The run that was started at the same moment.
    """

    run_id: str
    struck: bool = False
    status: str = ""
    error: str = ""
    cause: str = ""
    output: "dict[str, Any] | None" = None
    lease_left: bool = False
    active: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    skips: int = 0
    explained: bool = False
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    dead_letters: int = 0
    document: "dict[str, Any] | None" = None
    deployed_at: int | None = None
    judged_at: int = -1
    begun_at: int = -1
    interleaved: bool = False
    janitor_rounds: int = 0
    took_s: float = 0.0
    second: "Observation | None" = None


@dataclass(slots=True)
class Play:
    """One run as it is played.

    Attributes:
        target: The name of the target; the name of its run begins with it.
        target_arn: Its ARN.
        watch: The calls that mention it.
        executions: The runs that were started, the one that is judged first.
        changes: What somebody else has deployed of the configuration.
        tags: The target's tags, with what somebody else did to them.
        permissions: The statements of its resource policy, with what somebody else added.
        earlier_checks: The executions that had checked the fleet before.
        kept_version: The version that somebody else's alias points to.
        deployed_at: The position among the calls at which somebody else deployed.
    """

    target: str
    target_arn: str
    scenario: "Scenario"
    before: dict[str, Any]
    watch: "Watch"
    executions: list[str] = field(default_factory=list)
    injections: "list[Injection]" = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=lambda: dict(TAGS))
    permissions: dict[str, Any] = field(default_factory=dict)
    earlier_checks: frozenset[str] = frozenset()
    kept_version: "dict[str, Any] | None" = None
    deployed_at: int | None = None

    @property
    def struck(self) -> bool:
        """Return whether a fault was injected."""
        return any(injection.hit for injection in self.injections)

    def started_by(self, caller: str) -> str:
        """Return the name of the execution that a function asked to start; empty if none."""
        calls = [call for call in self.watch.calls if call.action == "StartExecution" and caller_of(call) == caller]
        return str(calls[-1].json()["name"]) if calls else ""

    def last_look(self, caller: str) -> int:
        """Return the position of a function's last look at the target, -1 if it never looked."""
        positions = [
            number
            for number, call in enumerate(self.watch.calls)
            if call.action == "GetFunctionConfiguration" and caller_of(call) == caller
        ]
        return positions[-1] if positions else -1

    def interleaved(self) -> bool:
        """Return whether two runs published in turns, so that one may publish the memory that the other has set."""
        marks = [str(call.json().get("Description")) for call in self.watch.calls if call.action == "PublishVersion"]
        runs = [mark for number, mark in enumerate(marks) if not number or marks[number - 1] != mark]
        return len(runs) > len(set(runs))

    def _was_overtaken(self) -> bool:
        """Return whether somebody deployed between the measurement and the application of the decision."""
        acts = [
            number
            for number, call in enumerate(self.watch.calls)
            if call.action == "UpdateFunctionConfiguration" and caller_of(call) == "OptimizerFunction"
        ]
        if self.deployed_at is None or not self.changes or not acts:
            return False
        return self.last_look("AnalyzerFunction") < self.deployed_at <= acts[-1]

    def expected(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the target as it must be after the run."""
        configuration, changes = dict(self.before["configuration"]), dict(self.changes)
        applied = next((item["applied"] for item in items if "applied" in item), None)
        if applied and applied["applied"] and not self._was_overtaken():
            configuration["MemorySize"] = applied["toMemoryMb"]
            if (self.deployed_at or 0) < self.last_look("InitializerFunction"):
                # the run found that memory, and its decision replaces it
                changes.pop("MemorySize", None)
        expected: dict[str, Any] = {
            **self.before,
            "configuration": {**configuration, **changes},
            "tags": self.tags,
            "permissions": self.permissions,
        }
        if self.kept_version:
            number = self.kept_version["Version"]
            expected["versions"] = {**expected["versions"], number: self.kept_version}
            expected["aliases"] = {**expected["aliases"], "theirs": number}
        return expected


def caller_of(call: "ApiCall") -> str:
    """Return the logical name of the role that calls, such as `PublisherFunction`; empty for an operator."""
    return logical_name(role_of(call.access_key) or "", STACK)
