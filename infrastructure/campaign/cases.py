"""The cases of the campaign: each is one fault at one API call of one scenario."""

import enum
import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from power_tuner_local.faults import Kind, callers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from power_tuner_local.faults import Watch

STACK = "power-tuner"
DELIVERY, CLOCK = "delivery", "clock"
WRONG_CLOCK_S = 120.0
MEMORIES_MB = (128, 256, 512)
NUM = 2
WORKING = 'def handler(event, context):\n    return {"echo": event}\n'
FAILING = 'def handler(event, context):\n    raise LookupError("no such order")\n'
HUNGRY = "def handler(event, context):\n    return len(bytearray(150 * 1024 * 1024))\n"
# Each renews the function's revision, although nothing was deployed.
HARMLESS = frozenset({"tag", "untag", "permission"})
DEPLOYS = frozenset({"code", "memory", "settings"})
QUICK_UPDATE_S = 0.02
SLOW = "import time\n\n\ndef handler(event, context):\n    time.sleep(0.5)\n"
STEADY = "import time\n\n\ndef handler(event, context):\n    time.sleep(0.02)\n"


class Starter(enum.Enum):
    """What starts a run; the value is the function that does."""

    PERSON = ""
    DEPLOYMENT = "DeploymentsFunction"
    CHECK = "DriftFunction"


@dataclass(frozen=True, slots=True)
class StageKind:
    """What a stage has to be like for a scenario.

    Attributes:
        update_s: How long Lambda takes for an update of the configuration.
        alone: Whether one run at a time is played: a check of the fleet checks the targets of all others, too.
    """

    update_s: float
    alone: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to use the app.

    Attributes:
        fields: The run's input, besides the target.
        source: The target's code.
        stop_at: The call of a role (its part of the name) at which the execution is stopped by hand.
        target: The function that the input names; empty for the one that the stage makes.
        rival: Whether another run holds the target when this one begins.
        together: Whether a second run of the target is started at the same moment.
        starter: What starts the run; unless it is a person, the target is enrolled, with `fields`.
        abandoned: Whether the run dies as it publishes, and all of its cleanup too, so that only the janitor is left.
        update_s: How long Lambda takes for an update of the configuration.
        completes: Whether a run without a fault succeeds.
        applies: Whether the decision is applied to the target.
    """

    name: str
    fields: "Mapping[str, Any]"
    source: str = WORKING
    stop_at: str = ""
    target: str = ""
    rival: bool = False
    together: bool = False
    starter: Starter = Starter.PERSON
    abandoned: bool = False
    update_s: float = QUICK_UPDATE_S
    completes: bool = True
    applies: bool = False

    @property
    def stage(self) -> "StageKind":
        """Return which kind of stage it is played on."""
        return StageKind(self.update_s, alone=self.starter is Starter.CHECK)

    @property
    def samples(self) -> int | None:
        """Return how many samples each measured memory size has; None when the engine decides."""
        return self.fields.get("num")


CLASSIC = {"num": NUM, "powerValues": list(MEMORIES_MB), "payload": {}}
SMALL = {**CLASSIC, "powerValues": [128, 256]}
SMART = {"powerValues": list(MEMORIES_MB), "payload": {}, "maxInvocations": 12}
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("warm", CLASSIC),
        Scenario("parallel", {**CLASSIC, "parallelInvocation": True}),
        Scenario("cold", {**CLASSIC, "onlyColdStarts": True}),
        Scenario("out-of-memory", CLASSIC, source=HUNGRY),
        Scenario("failing", CLASSIC, source=FAILING, completes=False),
        Scenario("stopped", CLASSIC, source=SLOW, stop_at="ExecutorFunction", completes=False),
        Scenario("applied", {**SMALL, "autoOptimize": True}, applies=True),
        Scenario("smart", SMART, source=STEADY),
        Scenario("deployed", SMALL, starter=Starter.DEPLOYMENT, applies=True),
        Scenario("together", SMALL, together=True),
        Scenario("slow updates", SMALL, update_s=1.0),
        Scenario("checked", SMALL, starter=Starter.CHECK, applies=True),
        Scenario("abandoned", SMALL, abandoned=True, completes=False),
    )
}


@dataclass(frozen=True, slots=True)
class Strike:
    """One kind of fault.

    Attributes:
        times: How many calls in a row it hits.
        intrudes: What somebody else does just before the call: deploys `code`, `memory`, other `settings` or an
            `alias`; changes what is no part of the configuration (`HARMLESS`); or stops the execution (`stop`; the call
            waits until the cleanup has begun); `expiry`: it is so late that the lease of the living run has expired,
            and the janitor comes.
        delay_s: How late the answer or the event is, or how far the clock is ahead.
    """

    name: str
    kind: Kind
    times: int = 1
    intrudes: str = ""
    delay_s: float = 1.0

    def strikes(self, site: "Site") -> bool:
        """Return whether this fault is possible at a call site."""
        if self.kind in {Kind.EVENT_LATE, Kind.EVENT_TWICE, Kind.EVENT_LOST}:
            return site.service == DELIVERY
        if self.kind is Kind.CLOCK:
            return site.service == CLOCK
        if site.service in {DELIVERY, CLOCK}:
            return False
        needs_a_function = self.kind in {Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.TIMEOUT}
        return site.caller.endswith("Function") or not needs_a_function


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
        Strike("slow answer", Kind.SLOW, delay_s=3.0),
        Strike("crash before", Kind.CRASH_BEFORE),
        Strike("crash after", Kind.CRASH_AFTER),
        Strike("timeout", Kind.TIMEOUT),
        Strike("code deployed", Kind.INTRUSION, intrudes="code"),
        Strike("memory deployed", Kind.INTRUSION, intrudes="memory"),
        Strike("settings changed", Kind.INTRUSION, intrudes="settings"),
        Strike("tagged", Kind.INTRUSION, intrudes="tag"),
        Strike("untagged", Kind.INTRUSION, intrudes="untag"),
        Strike("permission added", Kind.INTRUSION, intrudes="permission"),
        Strike("alias deployed", Kind.INTRUSION, intrudes="alias"),
        Strike("stopped by hand", Kind.INTRUSION, intrudes="stop"),
        Strike("lease expired", Kind.INTRUSION, intrudes="expiry"),
        Strike("event late", Kind.EVENT_LATE, delay_s=6.0),
        Strike("event overtaken", Kind.EVENT_LATE, intrudes="memory", delay_s=3.0),
        Strike("event twice", Kind.EVENT_TWICE),
        Strike("event lost", Kind.EVENT_LOST),
        Strike("clock ahead", Kind.CLOCK, times=1000, delay_s=WRONG_CLOCK_S),
        Strike("clock behind", Kind.CLOCK, times=1000, delay_s=-WRONG_CLOCK_S),
    )
}


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """One API call of a run, the nth of its kind by its caller; or the delivery of an event, or a clock.

    Attributes:
        caller: The logical name of the role that calls, such as `PublisherFunction`, or of the function that gets
            the event or has the clock.
        service: The service that is called, or `delivery` or `clock`.
    """

    caller: str
    service: str
    action: str
    nth: int


@dataclass(frozen=True, slots=True)
class Case:
    """One run with one fault, or with two.

    Attributes:
        second: Where and how it is struck once more.
    """

    scenario: str
    site: Site
    strike: str
    second: tuple[Site, str] | None = None

    @property
    def faults(self) -> list[tuple[Site, Strike]]:
        """Return the faults with their places."""
        places = [(self.site, self.strike), *([self.second] if self.second else [])]
        return [(site, STRIKES[name]) for site, name in places]

    @property
    def strike_names(self) -> str:
        """Return the names of the faults."""
        return " + ".join(strike.name for _, strike in self.faults)

    @property
    def intrusions(self) -> set[str]:
        """Return what somebody else does."""
        return {strike.intrudes for _, strike in self.faults if strike.intrudes}

    @property
    def loses_an_event(self) -> bool:
        """Return whether an event is lost."""
        return any(strike.kind is Kind.EVENT_LOST for _, strike in self.faults)

    @property
    def key(self) -> str:
        """Return a name that is the same in every campaign."""
        places = (
            f"{site.caller}/{site.service}.{site.action}#{site.nth}/{strike.name}" for site, strike in self.faults
        )
        return "/".join([self.scenario, *places])


def sites_of(watch: "Watch", stack_name: str) -> list[Site]:
    """Return the call sites of a clean run, its event deliveries and its clocks."""
    calls = [
        Site(logical_name(role, stack_name), service, action, nth)
        for (role, service, action), count in callers(watch.calls).items()
        if role.startswith(f"{stack_name}-")
        for nth in range(1, count + 1)
    ]
    delivered = Counter((_function(each.target_arn, stack_name), each.action) for each in watch.deliveries)
    deliveries = [
        Site(name, DELIVERY, action, nth) for (name, action), n in delivered.items() if name for nth in range(1, n + 1)
    ]
    clocks = [Site(caller, CLOCK, "time", 1) for caller in {site.caller for site in calls if "Function" in site.caller}]
    return sorted(calls + deliveries + clocks)


def _function(arn: str, stack_name: str) -> str:
    """Return the logical name of the function that an ARN names; empty if it is not one of the stack's.

    >>> _function("arn:aws:lambda:us-east-1:123456789012:function:power-tuner-JanitorFunction-X1Y2Z3", "power-tuner")
    'JanitorFunction'
    """
    _, is_function, name = arn.partition(f":function:{stack_name}-")
    return name.partition("-")[0] if is_function else ""


def logical_name(role: str, stack_name: str) -> str:
    """Return the logical name of the resource that a role belongs to.

    >>> logical_name("power-tuner-PublisherFunctionRole-X1Y2Z3", "power-tuner")
    'PublisherFunction'
    """
    return role.removeprefix(f"{stack_name}-").partition("Role-")[0]


def cases_of(scenario: str, sites: "Sequence[Site]", strikes: "Iterable[str]") -> list[Case]:
    """Return every fault at every call site."""
    return [Case(scenario, site, name) for site in sites for name in strikes if STRIKES[name].strikes(site)]


def pairs_of(cases: "Sequence[Case]", count: int, seed: int) -> list[Case]:
    """Return runs with two different faults each, the same ones for the same seed."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    found: dict[str, Case] = {}
    while len(found) < count:
        first = draw.choice(cases)
        second = draw.choice([each for each in cases if each.scenario == first.scenario])
        both_clocks = first.site.service == second.site.service == CLOCK
        if first.strike != second.strike and not both_clocks:
            pair = Case(first.scenario, first.site, first.strike, (second.site, second.strike))
            found[pair.key] = pair
    return list(found.values())


def sample(cases: "Sequence[Case]", count: int, seed: int) -> list[Case]:
    """Return some cases, the same ones for the same seed."""
    return random.Random(seed).sample(list(cases), min(count, len(cases)))  # noqa: S311 (no secret)
