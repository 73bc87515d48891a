"""Whether a decision may be applied: the guards, each by itself."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from power_tuner.automation.applying import alias_refusal, gain_of, refusal
from power_tuner.automation.completion import Decided
from power_tuner.automation.policy import Policy
from power_tuner.tuning.applied import MemoryRestored
from power_tuner.tuning.target import Alias, FunctionSnapshot
from run_items import completed_run

LATEST = Policy("latest")
UNKNOWN_GAIN = "the gain is not known, because the current memory size was not measured"
WAYS_OUT = (
    " owns the function and would set its memory back: change it there, apply to an SSM parameter, "
    "or let the policy override the owner"
)


def completed(
    cost_change: float = -0.07,
    duration_change: float = -0.26,
    strategy: str = "balanced",
    *,
    policy: Policy = LATEST,
    memory_mb: int = 896,
    significant: bool | None = None,
) -> Decided:
    """Return a decision for 640 MB; the function's callers get 896 MB, and $LATEST had 1536 MB."""
    run = completed_run(
        code_sha256="code-7",
        fingerprint=current().fingerprint,
        current_memory_mb=memory_mb,
        latest_memory_mb=1536,
        cost_change=cost_change,
        duration_change=duration_change,
        significant=significant,
        strategy=strategy,
    )
    return Decided(run, 640, policy)


def without_comparison(decided: Decided) -> Decided:
    return replace(decided, run=structs.replace(decided.run, cost_change=None, duration_change=None))


def current(**changes: Any) -> FunctionSnapshot:
    return FunctionSnapshot.from_configuration(
        {
            "FunctionArn": "arn",
            "Version": "$LATEST",
            "Runtime": "nodejs22.x",
            "CodeSha256": "code-7",
            "Timeout": 17,
            "MemorySize": 1536,
            "Architectures": ["arm64"],
            "RevisionId": "3",
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("strategy", "cost_change", "duration_change", "gain"),
    [
        ("cost", -0.07, -0.26, 0.07),
        ("cost", 0.04, -0.31, -0.04),
        ("speed", -0.26, -0.07, 0.07),
        ("speed", -0.31, 0.04, -0.04),
        ("balanced", -0.07, -0.26, 0.26),
        ("balanced", -0.26, -0.07, 0.26),
        ("tolerance", 0.05, -0.19, 0.19),
        ("slo", -0.23, 0.6, 0.23),
    ],
)
def test_the_gain_is_what_the_strategy_is_after(
    strategy: str, cost_change: float, duration_change: float, gain: float
) -> None:
    """Cost saved with cost, time saved with speed, with all others the larger of the two."""
    assert gain == gain_of(completed(cost_change, duration_change, strategy))


def test_without_a_comparison_the_gain_is_not_known() -> None:
    """The memory that the function has now was not measured."""
    assert gain_of(without_comparison(completed())) is None


@pytest.mark.parametrize("memory_mb", [640, 1536])
def test_what_was_measured_may_be_changed(memory_mb: int) -> None:
    """Also when the decision is there already, as after a first delivery."""
    assert refusal(completed(), current(MemorySize=memory_mb), {"team": "images"}) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"CodeSha256": "code-8"}, "the function's code was deployed since it was measured"),
        ({"MemorySize": 896}, "the function's memory was set to 896 MB since it was measured"),
        ({"Runtime": "nodejs24.x"}, "the function's configuration was changed since it was measured"),
        ({"Architectures": ["x86_64"]}, "the function's configuration was changed since it was measured"),
        ({"Environment": {"Variables": {"A": "b"}}}, "the function's configuration was changed since it was measured"),
    ],
)
def test_what_was_not_measured_may_not_be_changed(changes: dict[str, Any], reason: str) -> None:
    """The first difference is the reason."""
    assert reason == refusal(completed(), current(**changes), {})


@pytest.mark.parametrize(
    ("minimum", "reason"),
    [(0.26, None), (0.25, None), (0.265, "the gain of 26.0% is below the minimum of 26.5%")],
)
def test_a_gain_is_held_against_the_minimum(minimum: float, reason: str | None) -> None:
    """The minimum itself is enough."""
    assert reason == refusal(completed(policy=Policy("latest", minimum_gain=minimum)), current(), {})


@pytest.mark.parametrize(("minimum", "reason"), [(0.0, None), (0.001, UNKNOWN_GAIN)])
def test_an_unknown_gain_is_above_no_minimum(minimum: float, reason: str | None) -> None:
    """Without a minimum nobody asks for it."""
    decided = without_comparison(completed(policy=Policy("latest", minimum_gain=minimum)))

    assert reason == refusal(decided, current(), {})


def test_without_a_minimum_a_loss_is_applied_too() -> None:
    """The strategy slo may cost more, and the run decided so."""
    assert refusal(completed(0.2, 0.1, "slo"), current(), {}) is None


@pytest.mark.parametrize(
    ("significant", "reason"), [(False, "the gain is not significant: it may be chance"), (True, None), (None, None)]
)
def test_what_may_be_chance_is_not_applied(*, significant: bool | None, reason: str | None) -> None:
    """The smart mode says so; the classic mode says nothing."""
    assert reason == refusal(completed(significant=significant), current(), {})


def test_a_decision_for_the_present_memory_needs_no_gain() -> None:
    """Nothing is risked by it; $LATEST may differ from what callers get."""
    decided = completed(0.0, 0.0, policy=Policy("latest", minimum_gain=0.5), memory_mb=640, significant=False)

    assert refusal(decided, current(), {}) is None


@pytest.mark.parametrize("policy", [LATEST, Policy("alias", alias="live")])
@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({"aws:cloudformation:stack-name": "thumbs"}, "the CloudFormation stack thumbs"),
        ({"owner": "pulumi", "aws:cloudformation:stack-name": "thumbs"}, "the CloudFormation stack thumbs"),
        ({"team": "images", "ManagedBy": "TERRAFORM"}, "Terraform (tag ManagedBy=TERRAFORM)"),
        ({"tool": "opentofu 1.9"}, "Opentofu (tag tool=opentofu 1.9)"),
        ({"Pulumi:Project": "x"}, "Pulumi (tag Pulumi:Project=x)"),
        ({"first": "pulumi", "second": "terraform"}, "Pulumi (tag first=pulumi)"),
    ],
)
def test_the_owner_is_named(policy: Policy, tags: dict[str, str], owner: str) -> None:
    """A stack before a tool, and of several tags the first."""
    assert owner + WAYS_OUT == refusal(completed(policy=policy), current(), tags)


@pytest.mark.parametrize("policy", [Policy("ssm", parameter="/p"), Policy("latest", override_owner=True)])
@pytest.mark.parametrize("tags", [None, {"ManagedBy": "terraform"}])
def test_who_changes_nothing_or_overrides_asks_for_no_owner(policy: Policy, tags: dict[str, str] | None) -> None:
    """A parameter is written for the owner; the policy may say that the owner does not matter."""
    assert refusal(completed(policy=policy), current(), tags) is None


def test_tags_that_cannot_be_read_say_nothing_of_an_owner() -> None:
    """Not to know is a reason."""
    assert "its tags cannot be read, so whether infrastructure as code owns the function is not known" == (
        refusal(completed(), current(), None)
    )


def test_the_measurement_comes_first() -> None:
    """Who deployed other code hears of that, not of gain or owner; a small gain is told before the owner."""
    tags = {"ManagedBy": "terraform"}
    demanding = Policy("latest", minimum_gain=0.9)

    assert "the function's code was deployed since it was measured" == (
        refusal(completed(policy=demanding), current(CodeSha256="code-8"), tags)
    )
    assert "the gain of 26.0% is below the minimum of 90.0%" == refusal(completed(policy=demanding), current(), tags)


def test_what_was_taken_back_is_not_applied() -> None:
    """A rollback that came before the event is the last word."""
    decided = completed()
    taken_back = replace(decided, run=structs.replace(decided.run, rolled_back=MemoryRestored(memory_mb=1536)))

    assert refusal(taken_back, current(), {}) == "it was taken back before it was finished"


def test_a_run_that_failed_is_not_applied() -> None:
    """A result that was recorded after its run had failed decides nothing."""
    decided = completed()
    late = replace(decided, run=structs.replace(decided.run, recorded_late=True))

    assert refusal(late, current(), {}) == "its run failed, and its result was recorded later"


def test_an_item_of_an_earlier_version_is_not_applied() -> None:
    """It does not say which configuration was measured."""
    decided = completed()
    old = replace(decided, run=structs.replace(decided.run, latest_memory_mb=None, fingerprint=""))

    assert refusal(old, current(), {}) == (
        "its run was recorded by an earlier version of this app: tune the function again"
    )


def behind(version: str = "3", **changes: Any) -> FunctionSnapshot:
    """Return the version that an alias points to."""
    return current(Version=version, MemorySize=896, Description="release 3", **changes)


@pytest.mark.parametrize(
    ("alias", "version", "reason"),
    [
        (None, None, None),
        (Alias("3", "r-1"), behind(), None),
        (
            Alias("3", "r-1", {"4": 0.1}),
            behind(),
            "the alias live sends a share of the calls to a second version: it is moved when that has ended",
        ),
        (
            Alias("$LATEST", "r-1"),
            current(),
            "the alias live points to $LATEST and follows it: apply to latest instead",
        ),
        (
            Alias("3", "r-1"),
            behind(CodeSha256="code-6"),
            "the alias live points to version 3, which has other code than was measured",
        ),
        (
            Alias("3", "r-1"),
            behind(Timeout=9),
            "the alias live points to version 3, which has another configuration than was measured",
        ),
    ],
)
def test_an_alias_gets_another_memory_and_nothing_else(
    alias: Alias | None, version: FunctionSnapshot | None, reason: str | None
) -> None:
    """Its callers never get code or settings that nobody promoted, and no canary loses its weights."""
    assert alias_refusal("live", alias, version, current()) == reason


def test_what_is_not_safe_is_not_applied() -> None:
    """A decision that breaks the floor is left to people, unless it is the memory size that the function has."""
    why = "production used up to 600 MB of memory, and 15% of 640 MB have to stay free"
    unsafe = completed()
    unsafe = replace(unsafe, run=structs.replace(unsafe.run, floor_broken=why))

    assert refusal(unsafe, current(), {}) == f"it is not safe: {why}"
    assert (
        refusal(
            replace(unsafe, run=structs.replace(unsafe.run, current_memory_mb=unsafe.run.memory_mb or 0)), current(), {}
        )
        is None
    )
