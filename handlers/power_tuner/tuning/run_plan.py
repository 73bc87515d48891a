"""The plan of a run: what the Initializer decided once and every later handler reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from power_tuner.tuning.arn import region_of
from power_tuner.tuning.payloads import assign_payloads, each_once_first
from power_tuner.tuning.pricing import Prices, prices_for
from power_tuner.tuning.production import Production
from power_tuner.tuning.round import Batch, Batches
from power_tuner.tuning.run_input import DEFAULT_TOLERATED_ERRORS, FIELDS, RunInput
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.target import Target

# The state carries one small item per batch, so their number is bounded, however large num is.
MAX_BATCHES = 10
PARALLEL_BATCH_INVOCATIONS = 50
# Long enough to follow weights of one in a hundred.
PAYLOAD_CYCLE = 100
# Trying a function before it is measured spares invocations of the other memory sizes only.
TRIED_FIRST_OF = 2


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything that a run needs to know of its input and target; kept in S3, never in the state.

    Attributes:
        fingerprint: of the configuration that is measured.
        production: what production measured by itself; None if it was not read.
        behind_api: an API may call it, as far as that can be seen.
        past: how long the calls of earlier runs of the function took, by memory size.
    """

    run_id: str
    execution_arn: str
    started_at: str
    target: Target
    run_input: RunInput
    fingerprint: str = ""
    production: Production | None = None
    behind_api: bool = False
    past: Mapping[int, tuple[float, ...]] = field(default_factory=dict)

    @property
    def smart(self) -> bool:
        """Return whether the decision engine chooses what to invoke."""
        return self.run_input.num is None

    @property
    def mode(self) -> str:
        """Return who chooses what to invoke: the decision engine (smart), or ``num`` (classic)."""
        return "smart" if self.smart else "classic"

    @property
    def prices(self) -> Prices:
        """Return what invocations cost where the target is, and transitions where the state machine is."""
        target = prices_for(self.target.region, self.target.architecture)
        own = prices_for(region_of(self.execution_arn), self.target.architecture)
        return replace(target, transition=own.transition)

    @property
    def sample_kind(self) -> str:
        """Return which samples a batch goes on for: ``any``, ``cold`` or ``warm``; the two never mix."""
        if self.run_input.only_cold_starts:
            return "cold"
        return "warm" if self.smart else "any"

    def keeps(self, sample: Sample) -> bool:
        """Return whether a sample is of the kind that this run measures."""
        return self.sample_kind in {"any", "cold" if sample.cold else "warm"}

    def payload_cycle(self) -> list[int]:
        """Return which payload each invocation of a branch gets; without ``num`` it begins again at the end."""
        weights = [payload.weight for payload in self.run_input.payloads]
        length = self.run_input.num
        if length is None:
            length = 1 if len(weights) == 1 else max(PAYLOAD_CYCLE, len(weights))
        return assign_payloads(weights, length)

    def payload_turns(self) -> list[int]:
        """Return the same; in the smart mode each of several payloads has its turn before the cycle."""
        weights = [payload.weight for payload in self.run_input.payloads]
        cycle = self.payload_cycle()
        return each_once_first(weights, cycle) if self.smart and len(weights) > 1 else cycle

    def batches(self) -> tuple[Batch, ...]:
        """Cut the ``num`` invocations of a branch into batches that run side by side."""
        num = self.run_input.num or 0
        side_by_side = self.run_input.parallel_invocation and not self.run_input.only_cold_starts
        count = min(MAX_BATCHES, -(-num // PARALLEL_BATCH_INVOCATIONS)) if side_by_side else 1
        edges = [num * i // count for i in range(count + 1)]
        return tuple(Batch(edges[i], edges[i + 1] - edges[i]) for i in range(count))

    def invocations(self, batches: Batches | None) -> int:
        """Return how many invocations a round sets out to make, None being all of the plan.

        In the smart mode one more of each new version, whose cold start does not count.
        """
        if batches is None:
            return len(self.run_input.memories_mb) * (self.run_input.num or 0)
        return sum(batch.count + (batch.begin == 0) for of_memory in batches.values() for batch in of_memory)

    def tried_first_mb(self, batches: Batches) -> int | None:
        """Return at which memory size the function is tried once before all others, None if it is not.

        At the largest: an error that is raised there does not come from too little memory. Not where that would spare
        nothing (one memory size, or one invocation of each), and not where more errors than usual are expected.

        Args:
            batches: of the run's first round.
        """
        if len(batches) < TRIED_FIRST_OF or self.run_input.tolerated_error_share > DEFAULT_TOLERATED_ERRORS:
            return None
        memory_mb = max(batches)
        return memory_mb if batches[memory_mb][0].count > 1 or self.smart else None

    def public_input(self) -> dict[str, object]:
        """Return the input as results show it: without payloads, and without what is for another mode or strategy."""
        shown: dict[str, object] = {"mode": self.mode}
        for row in FIELDS.values():
            if row.label and row.applies(self.mode, self.run_input.strategy):
                shown[row.shown_as] = row.kind.public(getattr(self.run_input, row.attribute))
        return shown

    def to_dict(self) -> dict[str, object]:
        """Return the plan as JSON."""
        document: dict[str, object] = msgspec.to_builtins(self, str_keys=True)
        return {**document, "target": msgspec.structs.asdict(self.target)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RunPlan":  # type: ignore[explicit-any]  # what JSON says
        """Read a plan from its JSON."""
        run_input = msgspec.convert(data["run_input"], RunInput)
        production = msgspec.convert(data.get("production"), Production | None)
        past = msgspec.convert(data.get("past", {}), dict[int, tuple[float, ...]], strict=False)
        read = {"target": Target(**data["target"]), "run_input": run_input, "production": production, "past": past}
        return cls(**{**data, **read})
