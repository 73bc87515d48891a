"""A canary's own record: what it has set, or is about to set, on an alias. What it undoes is read from here alone."""

from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from power_tuner.automation.canary import Evidence, Seen, Stage
from power_tuner.automation.sequential_test import Durations, Errors
from power_tuner.tuning.applied import AppliedToAlias
from power_tuner.tuning.canary_settings import CanarySettings
from power_tuner.tuning.run_item import RunKey
from power_tuner.tuning.target import Alias, FunctionSnapshot

# Weights are decimal fractions; two that differ by less are the same.
_SAME_WEIGHT = 1e-6
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 1.0, 300.0
_LOOKS_PER_STAGE = 5
# A look is nine events of an execution's history, which may have 25,000.
_MOST_LOOKS = 2000
_S_PER_HOUR = 3600

Outcome: TypeAlias = Literal["growing", "promoted", "taken-back", "overtaken"]


class Trial(Struct, frozen=True, kw_only=True, rename="camel"):
    """A decision on trial: an alias sends a share of its calls to the new version.

    Attributes:
        run_id: whose decision.
        started_at: when that run started, a part of its item's key.
        execution_arn: the canary's execution.
        doing: the alias, the new version, the version that it pointed to, and the memory sizes of ``$LATEST``.
        trusted_memory_mb: what the version has to which the alias pointed.
        code_sha256: of both versions.
        expected_change: of the duration, as the run measured it.
        noted_s: epoch second at which it was noted.
        phase: ``growing``; ``promoting`` once all calls may go to the new version, ``promoted`` once they do;
            ``closing`` once all goes back.
        ending: how it ends, once it is closing.
        why: it ends.
        weights: which it has set or is about to set; the last one is the present one.
        is_set: the present weight was seen on the alias.
        is_moved: the alias was moved to the new version, or is about to be.
        begun_s: epoch second at which it set the first weight; what production did since counts.
        stage_since_s: epoch second at which it set the present weight.
        calls_before: calls of the new version before this stage.
        trusted: durations of the version that the alias points to.
        tried: durations of the new version.
        read_until_s: epoch second up to which durations were read.
        saved: how often it was written; a writer knows the latest.
    """

    run_id: str
    target_arn: str
    started_at: str
    execution_arn: str
    doing: AppliedToAlias
    trusted_memory_mb: int
    code_sha256: str
    expected_change: float
    settings: CanarySettings
    noted_s: float
    phase: Literal["growing", "promoting", "promoted", "closing"] = "growing"
    ending: Outcome = "taken-back"
    why: str = ""
    weights: tuple[float, ...] = ()
    is_set: bool = False
    is_moved: bool = False
    begun_s: float = 0.0
    stage_since_s: float = 0.0
    calls_before: int = 0
    trusted: Durations = Durations()
    tried: Durations = Durations()
    read_until_s: float = 0.0
    saved: int = 0

    @property
    def run(self) -> RunKey:
        """Return what identifies the run's item."""
        return RunKey(self.target_arn, self.started_at, self.run_id)

    @property
    def versions(self) -> dict[str, int]:
        """Return the memory sizes of both versions, the trusted one first."""
        return {str(self.doing.previous_version): self.trusted_memory_mb, self.doing.version: self.doing.to_memory_mb}

    @property
    def shares(self) -> dict[str, float]:
        """Return the weights of the alias at the present stage."""
        return {self.doing.version: self.weights[-1]}

    @property
    def wait_s(self) -> int:
        """Return how many seconds to wait until the next look."""
        pace_s = min(_LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, self.settings.pace_s / _LOOKS_PER_STAGE))
        return round(max(pace_s, self.settings.hours * _S_PER_HOUR / _MOST_LOOKS))

    @property
    def ends_s(self) -> float:
        """Return the epoch second at which it ends if it is not proven until then."""
        return self.begun_s + self.settings.hours * _S_PER_HOUR

    def closing(self, why: str, ending: Outcome) -> "Trial":
        """Return it, about to end; the first reason stays."""
        return self if self.phase == "closing" else replace(self, phase="closing", ending=ending, why=why)

    def promoting(self, why: str) -> "Trial":
        """Return it, about to send all calls to the new version."""
        return replace(self, phase="promoting", why=why, is_moved=True)

    def growing(self, now_s: float, calls: int) -> "Trial":
        """Return it, about to set the next weight."""
        weight = self.settings.weights[len(self.weights)]
        begun_s = self.begun_s if self.weights else now_s
        return replace(
            self,
            weights=(*self.weights, weight),
            is_set=False,
            begun_s=begun_s,
            read_until_s=self.read_until_s or begun_s,
            stage_since_s=now_s,
            calls_before=calls,
        )

    def stage(self, now_s: float, calls: int) -> Stage:
        """Return the present stage."""
        return Stage(len(self.weights) - 1, calls - self.calls_before, now_s - self.stage_since_s)

    def has_read(self, until_s: float, trusted_ms: list[float], tried_ms: list[float]) -> "Trial":
        """Return it with what was read of both versions."""
        return replace(
            self, trusted=self.trusted.plus(trusted_ms), tried=self.tried.plus(tried_ms), read_until_s=until_s
        )

    def is_ours(self, found: Alias) -> bool:
        """Return whether the weights of an alias are some that this canary set, or was about to set."""
        return any(_same(found, self.doing.version, weight) for weight in self.weights)

    def is_there(self, found: Alias) -> bool:
        """Return whether an alias has the present weight."""
        return _same(found, self.doing.version, self.weights[-1])

    def overtaken(self, found: Alias | None, latest: FunctionSnapshot) -> str | None:
        """Return what somebody else changed since the canary began, None if nothing."""
        if latest.code_sha256 != self.code_sha256:
            return "the function's code was deployed meanwhile"
        return self.alias_overtaken(found)

    def alias_overtaken(self, found: Alias | None) -> str | None:
        """Return what somebody else changed of the alias since the canary began, None if nothing."""
        name = self.doing.alias
        if found is None:
            return f"the alias {name} was deleted meanwhile"
        if found.version != self.doing.previous_version:
            return f"the alias {name} was moved to version {found.version} meanwhile"
        if self.weights and self.is_there(found):
            return None
        before = self.weights[-2:-1]
        if not self.is_set and (_same(found, self.doing.version, before[0]) if before else not found.weights):
            return None
        return f"the weights of the alias {name} were changed meanwhile"


def _same(found: Alias, version: str, weight: float) -> bool:
    return set(found.weights) == {version} and abs(found.weights[version] - weight) < _SAME_WEIGHT


class CanaryStage(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is kept and told of one stage of a canary, or of its end.

    Attributes:
        number: from 0; its end has the one after the last.
        outcome: ``growing``, or how it ended: ``promoted``, ``taken-back`` or ``overtaken``.
        weight: the share of the calls that the new version gets from here on.
        reason: in words.
        calls: of the new version so far.
        failed: those of them that failed.
    """

    run_id: str
    target_arn: str
    alias: str
    version: str
    previous_version: str
    number: int
    outcome: Outcome
    weight: float
    reason: str
    at: str
    calls: int
    failed: int


def stage_of(trial: Trial, outcome: Outcome, reason: str, at: str, tried: Errors) -> CanaryStage:
    """Return what is kept and told of the present stage, or of the end."""
    number = len(trial.weights)
    weights = {"growing": trial.weights[-1] if trial.weights else 0.0, "promoted": 1.0}
    return CanaryStage(
        run_id=trial.run_id,
        target_arn=trial.target_arn,
        alias=trial.doing.alias,
        version=trial.doing.version,
        previous_version=str(trial.doing.previous_version),
        number=number - 1 if outcome == "growing" else number,
        outcome=outcome,
        weight=weights.get(outcome, 0.0),
        reason=reason,
        at=at,
        calls=tried.calls,
        failed=tried.failed,
    )


def evidence_of(trial: Trial, trusted: Errors, tried: Errors) -> Evidence:
    """Return what production showed of both versions."""
    return Evidence(Seen(trial.trusted, trusted), Seen(trial.tried, tried))
