"""Verdicts on canaries: whether the app kept what it promises."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campaign.targets import MEMORY_MB
from campaign.verdicts import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campaign.stage import Stage

_STAGE, _APPLIED = "Power Canary Stage", "Power Setting Applied"


@dataclass(frozen=True, slots=True)
class Ended:
    """What could be seen of a canary when nothing was under way any more.

    Attributes:
        refused: The error of the Optimizer, if it did not begin the canary.
        left: The items that are left of it.
        outcome: Of its last stage; empty if it had none.
        applied: What the run's item says became of the decision; None if it says nothing.
        rolled_back: Whether it says that somebody took that back.
        told: The last outcome that an event told, and whether the bus was told what was applied.
        alias: Where it points, and who gets a share.
    """

    refused: str
    left: tuple[str, ...]
    outcome: str
    applied: "Mapping[str, Any] | None"
    rolled_back: bool
    told: tuple[str, bool]
    alias: tuple[str, dict[str, float]]
    memory_mb: int

    @classmethod
    def read(cls, stage: "Stage", name: str, run_id: str, refused: str) -> "Ended":
        """Look at everything."""
        app, functions, arn = stage.app, stage.client("lambda"), stage.arn(name)
        alias = functions.get_alias(FunctionName=name, Name="live")
        stages = app.canaries.stages(run_id)
        events = stage.ledger.events_of(run_id)
        (item,) = stage.ledger.items(arn, run_id)
        left = {"canary": app.canaries.get(arn), "lease": app.leases.get(arn)}
        return cls(
            refused=refused,
            left=tuple(each for each, found in left.items() if found is not None),
            outcome=stages[-1].outcome if stages else "",
            applied=item.get("applied"),
            rolled_back="rolledBack" in item,
            told=(events[_STAGE][-1]["outcome"] if _STAGE in events else "", _APPLIED in events),
            alias=(alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})),
            memory_mb=functions.get_function_configuration(FunctionName=name)["MemorySize"],
        )


def judge(ended: Ended, before: "Mapping[str, Any]", changes: "Mapping[str, Any]", *, slow: bool) -> Judgement:
    """Return the worst verdict that holds for a canary.

    Args:
        ended: What could be seen of it.
        before: The trace of its target before.
        changes: What somebody else did to memory size and alias.
        slow: Whether the new version takes twice as long in production.
    """
    promoted = ended.outcome == "promoted"
    for verdict, reasons in (
        (Verdict.LEAK, _leaks(ended, before, changes, promoted=promoted and not ended.rolled_back)),
        (Verdict.HIDDEN_FAILURE, _hidden(ended, promoted=promoted)),
        (Verdict.WRONG_RESULT, ["a version that is slower was promoted"] if slow and promoted else []),
    ):
        if found := list(reasons):
            return Judgement(verdict, "; ".join(found))
    if promoted or (slow and ended.outcome == "taken-back"):
        return Judgement(Verdict.OK, "")
    return Judgement(Verdict.CLEAN_FAILURE, str((ended.applied or {}).get("reason", ended.refused)))


def _leaks(
    ended: Ended, before: "Mapping[str, Any]", changes: "Mapping[str, Any]", *, promoted: bool
) -> "Iterator[str]":
    yield from (f"its {each} is left" for each in ended.left)
    was: tuple[str, dict[str, float]] = (before["aliases"]["live"], {})
    # Somebody's change before the canary looked is what it began with, and one after its end is nobody's business.
    allowed = [changes["alias"], (changes["alias"][0], {})] if "alias" in changes else [was]
    if promoted and ended.applied:
        allowed = [(ended.applied["version"], {}), *([changes["alias"]] if "alias" in changes else [])]
    if ended.alias not in allowed:
        yield f"the alias is {ended.alias}, not {allowed[0]}"
    memories = {changes["memory"]} if "memory" in changes else {MEMORY_MB}
    if promoted and ended.applied:
        memories.add(ended.applied["toMemoryMb"])
        memories.discard(MEMORY_MB)
    if ended.memory_mb not in memories:
        yield f"$LATEST has {ended.memory_mb} MB, not {memories}"


def _hidden(ended: Ended, *, promoted: bool) -> "Iterator[str]":
    if ended.refused and not ended.outcome:
        return
    if ended.applied is None:
        yield "nothing says what became of the decision"
    elif ended.applied["applied"] != promoted:
        yield f"it was {ended.outcome}, and the item says applied={ended.applied['applied']}"
    if ended.outcome in {"", "growing"}:
        yield f"its last stage is {ended.outcome or 'none'}"
    if ended.told != (ended.outcome, True):
        yield f"it was {ended.outcome}, and the bus was told {ended.told}"
