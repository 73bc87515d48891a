"""The plan of a run: what the Initializer decided once and every later handler reads."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from power_tuner.domain.arn import FunctionReference
from power_tuner.domain.payloads import WeightedPayload, assign_payloads
from power_tuner.domain.run_input import RunInput

# The state carries one small item per batch, so their number is bounded, however large num is.
MAX_BATCHES = 10
PARALLEL_BATCH_INVOCATIONS = 50


@dataclass(frozen=True, slots=True)
class PlannedTarget:
    """The target as it was when the run began.

    Attributes:
        arn: unqualified.
        memory_mb: the memory its callers get now (of the version an alias points to, if one was named).
    """

    arn: str
    name: str
    region: str
    architecture: str
    runtime: str
    code_sha256: str
    memory_mb: int
    timeout_s: int


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything that a run needs to know of its input and target; kept in S3, never in the state."""

    run_id: str
    execution_arn: str
    started_at: str
    target: PlannedTarget
    wanted: RunInput

    def payload_indices(self) -> list[int]:
        """Return which payload each of the ``num`` invocations of a branch gets."""
        return assign_payloads([payload.weight for payload in self.wanted.payloads], self.wanted.num)

    def batches(self) -> list[dict[str, int]]:
        """Cut a branch's invocations into the batches that run side by side, as small state items."""
        num = self.wanted.num
        side_by_side = self.wanted.parallel_invocation and not self.wanted.only_cold_starts
        count = min(MAX_BATCHES, -(-num // PARALLEL_BATCH_INVOCATIONS)) if side_by_side else 1
        edges = [num * i // count for i in range(count + 1)]
        return [{"batch": i, "next": edges[i], "end": edges[i + 1]} for i in range(count)]

    def public_input(self) -> dict[str, Any]:
        """Return the input as results show it: without payloads."""
        return {
            "num": self.wanted.num,
            "strategy": self.wanted.strategy,
            "balancedWeight": self.wanted.balanced_weight,
            "parallelInvocation": self.wanted.parallel_invocation,
            "onlyColdStarts": self.wanted.only_cold_starts,
            "discardTopBottom": self.wanted.discard_top_bottom,
            "powerValues": list(self.wanted.power_values),
            "payloads": len(self.wanted.payloads),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RunPlan":
        """Read a plan from its JSON."""
        wanted = dict(data["wanted"])
        wanted["target"] = FunctionReference(**wanted["target"])
        wanted["payloads"] = tuple(WeightedPayload(**payload) for payload in wanted["payloads"])
        for name in ("power_values", "allowed_exceptions"):
            wanted[name] = tuple(wanted[name])
        return cls(**{**data, "target": PlannedTarget(**data["target"]), "wanted": RunInput(**wanted)})
