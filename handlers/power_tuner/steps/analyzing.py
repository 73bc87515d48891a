"""Judge what was measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from power_tuner.domain.analysis import analyze_branch, candidates_of, draft_result
from power_tuner.domain.lease import foreign_change
from power_tuner.domain.pricing import prices_for
from power_tuner.domain.transitions import Work, count_transitions
from power_tuner.errors import NothingMeasured, ProcessorFailed, TargetChanged
from power_tuner.ports import Documents, FunctionNotFound, Functions, Leases, SampleBlock
from power_tuner.steps.settling import settled

# A Cause holds 32 KB; the failure event and the item hold it too.
_MAX_CHARS = 4000


@dataclass(frozen=True, slots=True)
class Analyzing:
    """What the Analyzer needs."""

    functions: Functions
    leases: Leases
    documents: Documents
    sleep: Callable[[float], None]
    visualization_url: str

    def analyze(self, target_arn: str, run_id: str, publisher_calls: int) -> None:
        """Turn samples and outcomes into the draft of the result.

        Args:
            target_arn: unqualified.
            run_id: the run.
            publisher_calls: how often the Publisher was called, for the cost of the run.

        Raises:
            TargetChanged: somebody deployed while it was measured.
            ProcessorFailed: a pre- or post-processor failed.
            NothingMeasured: no branch is left.
        """
        lease = self.leases.renew(target_arn, run_id)
        try:
            change = foreign_change(lease, settled(self.functions, target_arn, self.sleep))
        except FunctionNotFound:
            change = "it was deleted"
        if change:
            raise TargetChanged(
                f"{target_arn} changed during the run: {change}. The measurements mean nothing now; start a new run."
            )
        plan = self.documents.plan(run_id)
        prices = prices_for(plan.target.region, plan.target.architecture)
        blocks = self.documents.samples(run_id)
        outcomes = self.documents.outcomes(run_id)
        for outcome in outcomes.values():
            if outcome.get("endsRun"):
                raise ProcessorFailed(outcome["reason"])
        branches: list[dict[str, Any]] = []
        for power in plan.wanted.power_values:
            samples = [sample for block in blocks.get(power, []) for sample in block.samples]
            branches.append(analyze_branch(power, samples, outcomes.get(power), plan, prices))
        if not candidates_of(branches):
            reasons = "; ".join(f"{b['powerValue']} MB {b['outcome']} ({b['reason']})" for b in branches)
            raise NothingMeasured(f"No power value could be measured: {reasons}"[:_MAX_CHARS])
        draft = draft_result(
            plan,
            branches,
            prices,
            transitions=count_transitions(_work(publisher_calls, blocks, outcomes)),
            visualization_base_url=self.visualization_url,
        )
        self.documents.save_draft(run_id, draft)


def _work(
    publisher_calls: int,
    blocks: Mapping[int, Sequence[SampleBlock]],
    outcomes: Mapping[int, Mapping[str, Any]],
) -> Work:
    calls = {power: {(block.batch, block.call_id) for block in branch} for power, branch in blocks.items()}
    return Work(
        publisher_calls=publisher_calls,
        branches=len(calls),
        executor_calls=sum(len(ids) for ids in calls.values()),
        finished_batches=sum(len({batch for batch, _ in ids}) - (power in outcomes) for power, ids in calls.items()),
        failed_executor_calls=sum(power in calls for power in outcomes),
    )
