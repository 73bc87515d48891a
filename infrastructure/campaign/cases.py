"""The cases of the campaign: which fault strikes at which API call of which scenario."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from power_tuner_local.faults import Kind

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping, Sequence

POWER_VALUES = (128, 256, 512)
NUM = 2
WORKING = 'def handler(event, context):\n    return {"echo": event}\n'
FAILING = 'def handler(event, context):\n    raise LookupError("no such order")\n'
HUNGRY = "def handler(event, context):\n    return len(bytearray(150 * 1024 * 1024))\n"
SLOW = "import time\n\n\ndef handler(event, context):\n    time.sleep(0.5)\n"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to use the app.

    Attributes:
        fields: The run's input, besides the target.
        source: The target's code.
        stop_at: The call of a role (its part of the name) at which the execution is stopped by hand.
        target: The function that the input names; empty for the one that the stage makes.
        rival: Whether another run holds the target when this one begins.
        completes: Whether a run without a fault succeeds.
        applies: Whether the decision is applied to the target.
    """

    name: str
    fields: "Mapping[str, Any]"
    source: str = WORKING
    stop_at: str = ""
    target: str = ""
    rival: bool = False
    completes: bool = True
    applies: bool = False


CLASSIC = {"num": NUM, "powerValues": list(POWER_VALUES), "payload": {}}
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("warm", CLASSIC),
        Scenario("parallel", {**CLASSIC, "parallelInvocation": True}),
        Scenario("cold", {**CLASSIC, "onlyColdStarts": True}),
        Scenario("out-of-memory", CLASSIC, source=HUNGRY),
        Scenario("failing", CLASSIC, source=FAILING, completes=False),
        Scenario("stopped", CLASSIC, source=SLOW, stop_at="ExecutorFunction", completes=False),
        Scenario("applied", {**CLASSIC, "powerValues": [128, 256], "autoOptimize": True}, applies=True),
    )
}


@dataclass(frozen=True, slots=True)
class Strike:
    """What goes wrong.

    Attributes:
        times: How many calls in a row it hits.
        intrudes: What somebody else does just before the call: deploys `code`, `memory` or an `alias`, or stops
            the execution (`stop`; the call waits until the cleanup has begun); `expiry`: it is so late that the
            lease of the living run has expired, and the janitor comes.
    """

    name: str
    kind: Kind
    times: int = 1
    intrudes: str = ""

    @property
    def needs_a_function(self) -> bool:
        """Tell whether only a Lambda function can be struck so."""
        return self.kind in {Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.TIMEOUT}


STRIKES = {
    strike.name: strike
    for strike in (
        Strike("throttle", Kind.THROTTLE),
        Strike("throttle x3", Kind.THROTTLE, times=3),
        Strike("500", Kind.SERVER_ERROR),
        Strike("409", Kind.CONFLICT),
        Strike("403", Kind.FORBIDDEN),
        Strike("lost request", Kind.DROP_BEFORE),
        Strike("lost answer", Kind.DROP_AFTER),
        Strike("crash before", Kind.CRASH_BEFORE),
        Strike("crash after", Kind.CRASH_AFTER),
        Strike("timeout", Kind.TIMEOUT),
        Strike("code deployed", Kind.INTRUSION, intrudes="code"),
        Strike("memory deployed", Kind.INTRUSION, intrudes="memory"),
        Strike("alias deployed", Kind.INTRUSION, intrudes="alias"),
        Strike("stopped by hand", Kind.INTRUSION, intrudes="stop"),
        Strike("lease expired", Kind.INTRUSION, intrudes="expiry"),
    )
}


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """One API call of a run: the nth of this kind by this caller.

    Attributes:
        caller: The logical name of the caller's role, such as `PublisherFunction`.
    """

    caller: str
    service: str
    action: str
    nth: int


@dataclass(frozen=True, slots=True)
class Case:
    """One run with one fault."""

    scenario: str
    site: Site
    strike: str

    @property
    def key(self) -> str:
        """Return a name that is the same in every campaign."""
        site = self.site
        return f"{self.scenario}/{site.caller}/{site.service}.{site.action}#{site.nth}/{self.strike}"


def sites_of(calls: "Counter[tuple[str, str, str]]", stack_name: str) -> list[Site]:
    """Return the call sites of a clean run, from its calls by role, service and action."""
    return sorted(
        Site(logical_name(role, stack_name), service, action, nth)
        for (role, service, action), count in calls.items()
        if role.startswith(f"{stack_name}-")
        for nth in range(1, count + 1)
    )


def logical_name(role: str, stack_name: str) -> str:
    """Return which resource of the template a role belongs to.

    >>> logical_name("power-tuner-PublisherFunctionRole-X1Y2Z3", "power-tuner")
    'PublisherFunction'
    """
    return role.removeprefix(f"{stack_name}-").partition("Role-")[0]


def cases_of(scenario: str, sites: "Sequence[Site]", strikes: "Iterable[str]") -> list[Case]:
    """Return every fault at every call site."""
    return [
        Case(scenario, site, name)
        for site in sites
        for name in strikes
        if site.caller.endswith("Function") or not STRIKES[name].needs_a_function
    ]


def sample(cases: "Sequence[Case]", count: int, seed: int) -> list[Case]:
    """Choose some cases, always the same for a seed."""
    return random.Random(seed).sample(list(cases), min(count, len(cases)))  # noqa: S311 (no secret)
