"""The conditions under which a decision is not applied; each gives its reason as a sentence."""

from collections.abc import Mapping

from power_tuner.automation.completion import Decided
from power_tuner.automation.policy import LATEST, TO_ALIAS, Policy
from power_tuner.tuning.strategies import STRATEGIES
from power_tuner.tuning.target import Alias, FunctionSnapshot

LATEST_VERSION = "$LATEST"
_CLOUDFORMATION = "aws:cloudformation:stack-name"
_OTHER_OWNERS = ("terraform", "opentofu", "pulumi")


def refusal(decided: Decided, current: FunctionSnapshot, tags: Mapping[str, str] | None) -> str | None:
    """Return why a decision must not be applied, None when it may.

    Args:
        decided: the decision, and what may be done with it.
        current: ``$LATEST`` as it is now.
        tags: of the function, None if the app may not read them; they count only where the policy depends on its owner.
    """
    if decided.run.rolled_back:
        return "it was taken back before it was finished"
    if decided.run.recorded_late:
        return "its run failed, and its result was recorded later"
    return (
        _changed(decided, current)
        or _below_the_floor(decided)
        or _not_worth_it(decided)
        or _owned_by_code(decided.policy, tags)
    )


def gain_of(decided: Decided) -> float | None:
    """Return the gain of a decision over the current memory size, as a share; None if it is not known.

    With strategy cost it is the cost saved, with speed the time saved, else the larger of the two.
    """
    run = decided.run
    if run.cost_change is None or run.duration_change is None:
        return None
    return STRATEGIES[run.strategy].gain(cost_saved=-run.cost_change, time_saved=-run.duration_change)


def alias_refusal(
    name: str, alias: Alias | None, behind: FunctionSnapshot | None, current: FunctionSnapshot
) -> str | None:
    """Return why an alias must not be moved to a version of ``$LATEST``, None when it may.

    Only the memory size may change for its callers: they never get code or configuration that nobody promoted.

    Args:
        name: of the alias.
        alias: where it points; None if there is no such alias.
        behind: the version that it points to.
        current: ``$LATEST``.
    """
    if alias is None or behind is None:
        return None
    if alias.is_weighted:
        return f"the alias {name} sends a share of the calls to a second version: it is moved when that has ended"
    if alias.version == LATEST_VERSION:
        return f"the alias {name} points to $LATEST and follows it: apply to latest instead"
    if behind.code_sha256 != current.code_sha256:
        return f"the alias {name} points to version {alias.version}, which has other code than was measured"
    if behind.version_fingerprint != current.version_fingerprint:
        return f"the alias {name} points to version {alias.version}, which has another configuration than was measured"
    return None


def _changed(decided: Decided, current: FunctionSnapshot) -> str | None:
    measured = decided.run
    if measured.latest_memory_mb is None:
        return "its run was recorded by an earlier version of this app: tune the function again"
    if current.code_sha256 != measured.code_sha256:
        return "the function's code was deployed since it was measured"
    if current.memory_mb not in {measured.latest_memory_mb, decided.memory_mb}:
        return f"the function's memory was set to {current.memory_mb} MB since it was measured"
    if current.fingerprint != measured.fingerprint:
        return "the function's configuration was changed since it was measured"
    return None


def _below_the_floor(decided: Decided) -> str | None:
    unsafe = decided.run.unsafe
    return None if unsafe is None else f"it is not safe: {unsafe}"


def _not_worth_it(decided: Decided) -> str | None:
    if decided.memory_mb == decided.run.current_memory_mb:
        return None
    gain, minimum = gain_of(decided), decided.policy.minimum_gain
    if minimum > 0:
        if gain is None:
            return "the gain is not known, because the current memory size was not measured"
        if gain < minimum:
            return f"the gain of {gain:.1%} is below the minimum of {minimum:.1%}"
    if decided.run.significant is False:
        return "the gain is not significant: it may be chance"
    return None


def depends_on_owner(policy: Policy) -> bool:
    """Return whether infrastructure as code that owns a function keeps a policy from being applied to it."""
    return policy.apply in {LATEST, *TO_ALIAS} and not policy.override_owner


def _owned_by_code(policy: Policy, tags: Mapping[str, str] | None) -> str | None:
    if not depends_on_owner(policy):
        return None
    if tags is None:
        return "its tags cannot be read, so whether infrastructure as code owns the function is not known"
    owner = f"the CloudFormation stack {tags[_CLOUDFORMATION]}" if _CLOUDFORMATION in tags else None
    for name, value in tags.items():
        for tool in _OTHER_OWNERS:
            if tool in f"{name} {value}".lower():
                owner = owner or f"{tool.title()} (tag {name}={value})"
    if owner is None:
        return None
    return (
        f"{owner} owns the function and would set its memory back: change it there, apply to an SSM parameter, "
        "or let the policy override the owner"
    )
