"""In-memory stand-ins for the ports of ``power_tuner.ports`` (but Lambda's), and a clock that only sleep moves."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from power_tuner.automation.sequential_test import Errors
from power_tuner.events import Event, detail_of
from power_tuner.ports import MOST_PAGES, DeploymentNotFound, KnownExecution, ParameterRefused
from power_tuner.tuning.production import Production, summed_up
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.target import FunctionLog

NOON_S = 1_795_435_200.0  # 2026-11-23T12:00:00Z
NOON = "2026-11-23T12:00:00.000Z"
# Parameter Store keeps these names for AWS.
_RESERVED = ("aws", "ssm")
# StartExecution's `name`: neither blanks nor brackets, wildcards or other special characters.
_EXECUTION_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")


@dataclass(slots=True)
class FakeClock:
    """A clock that stands still but for ``sleep`` and ``advance``."""

    epoch_s: float = NOON_S
    slept_s: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Return the epoch second."""
        return self.epoch_s

    def sleep(self, seconds: float) -> None:
        """Let time pass, and note it."""
        self.slept_s.append(seconds)
        self.epoch_s += seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.epoch_s += seconds


@dataclass(slots=True)
class FakeEvents:
    """A bus that remembers."""

    emitted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusing: Exception | None = None

    def emit(self, event: Event) -> None:
        """Put one event, or raise what the test wants."""
        if self.refusing is not None:
            raise self.refusing
        self.emitted.append((event.detail_type, json.loads(json.dumps(detail_of(event)))))


@dataclass(slots=True)
class FakeProductionLogs:
    """What production measured (which function, when, at which memory, how long), and what was asked for."""

    reports: list[tuple[str, float, int, float]] = field(default_factory=list)
    asked: list[tuple[str, int, float, int]] = field(default_factory=list)
    calls: list[tuple[str, float, Report]] = field(default_factory=list)
    unreadable: str | None = None
    apart: tuple[tuple[float, float], ...] = ()
    of_version: list[tuple[str, float, float]] = field(default_factory=list)

    def report(self, function_name: str, at_s: float, memory_mb: int, durations_ms: Iterable[float]) -> None:
        """Let production be invoked so often, warm and with success."""
        self.reports += [(function_name, at_s, memory_mb, duration_ms) for duration_ms in durations_ms]

    def durations_ms(self, log: FunctionLog, memory_mb: int, since_s: float, limit: int) -> list[float]:
        """Return the durations of warm, successful invocations at a memory since an epoch second."""
        self.asked.append((log.function_name, memory_mb, since_s, limit))
        found = [
            duration_ms
            for name, at_s, at_memory_mb, duration_ms in self.reports
            if (name, at_memory_mb) == (log.function_name, memory_mb) and at_s >= since_s
        ]
        return found[:limit]

    def production(
        self,
        log: FunctionLog,
        since_s: float,
        until_s: float,
        *,
        apart: Sequence[tuple[float, float]] = (),
        pages: int = MOST_PAGES,
    ) -> Production:
        """Return what production measured in a window; those that ``report`` told used no memory to speak of."""
        assert pages > 0
        self.apart = tuple(apart)
        if self.unreadable:
            return Production(since_s=since_s, until_s=until_s, complete=False, unreadable=self.unreadable)
        warm = [
            (name, at_s, Report(duration_ms, math.ceil(duration_ms), memory_mb=memory_mb))
            for name, at_s, memory_mb, duration_ms in self.reports
        ]
        found = [
            report
            for name, at_s, report in (*warm, *self.calls)
            if name == log.function_name and since_s <= at_s < until_s
        ]
        return Production(since_s=since_s, until_s=until_s, sizes=summed_up(found))

    def of_versions(
        self, log: FunctionLog, memories_mb: Mapping[str, int], since_s: float, until_s: float, longest_s: float
    ) -> dict[str, list[float]]:
        """Return the durations of warm, successful invocations that ended in a time, by version."""
        assert log.group
        assert longest_s > 0
        return {
            version: [ms for name, at_s, ms in self.of_version if name == version and since_s <= at_s < until_s]
            for version in memories_mb
        }


@dataclass(slots=True)
class FakeAliasCalls:
    """What CloudWatch would have counted of versions that share an alias: version, time, calls and failed ones."""

    counted: list[tuple[str, float, int, int]] = field(default_factory=list)

    def of_versions(
        self, function_name: str, alias: str, versions: Sequence[str], since_s: float, until_s: float
    ) -> dict[str, Errors]:
        """Return how many calls each version had, and how many of them failed."""
        assert function_name
        assert alias
        found = {}
        for version in versions:
            of = [each for each in self.counted if each[0] == version and since_s <= each[1] <= until_s]
            found[version] = Errors(sum(each[2] for each in of), sum(each[3] for each in of))
        return found


@dataclass(slots=True)
class FakeResourcePolicies:
    """Which services may call every function."""

    allowed: frozenset[str] = frozenset()
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def services(self, arn: str, qualifier: str | None) -> frozenset[str]:
        """Return the services."""
        self.asked.append((arn, qualifier))
        return self.allowed


@dataclass(slots=True)
class FakeParameters:
    """Parameters in memory; those under ``refused`` may not be used."""

    values: dict[str, str] = field(default_factory=dict)
    refused: str = "/refused/"

    def put(self, name: str, value: str) -> None:
        """Set a parameter, creating it if need be; ParameterRefused when this app may not."""
        self._check(name)
        if not value or name.lower().lstrip("/").startswith(_RESERVED):
            raise ParameterRefused(f"the parameter {name} cannot be used")
        self.values[name] = value

    def get(self, name: str) -> str | None:
        """Return a parameter's value, None when there is none; ParameterRefused when this app may not."""
        self._check(name)
        return self.values.get(name)

    def _check(self, name: str) -> None:
        if name.startswith(self.refused):
            raise ParameterRefused(f"the parameter {name} cannot be used")

    def delete(self, name: str) -> None:
        """Delete a parameter; that it is gone already is fine."""
        if name.startswith(self.refused):
            raise PermissionError("AccessDeniedException")
        self.values.pop(name, None)


def _known(deployments: Mapping[str, list[str]], name: str) -> list[str]:
    try:
        return deployments[name]
    except KeyError:
        raise DeploymentNotFound(f"there is no deployment {name}") from None


@dataclass(slots=True)
class FakeDeploymentTargets:
    """Stacks and CodeDeploy deployments with the names of their functions."""

    stacks: dict[str, list[str]] = field(default_factory=dict)
    code_deploys: dict[str, list[str]] = field(default_factory=dict)

    def of_stack(self, stack_id: str) -> list[str]:
        """List the names of a CloudFormation stack's functions."""
        return _known(self.stacks, stack_id)

    def of_code_deploy(self, deployment_id: str) -> list[str]:
        """List the names of the functions that a CodeDeploy deployment shifted."""
        return _known(self.code_deploys, deployment_id)


@dataclass(slots=True)
class FakeExecutions:
    """Executions that are under way, and those of given names."""

    under_way: set[str] = field(default_factory=set)
    clock: FakeClock = field(default_factory=FakeClock)
    named: dict[str, KnownExecution] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)

    def start(self, name: str, execution_input: Mapping[str, Any]) -> KnownExecution | None:
        """Start an execution; None when it is under way with this input, else the one that has this name already."""
        if not _EXECUTION_NAME.fullmatch(name):
            raise ValueError(f"InvalidName: {name!r} (valid min length: 1)")
        known = self.named.get(name)
        if known is None:
            self.named[name] = KnownExecution("RUNNING", self.clock.now())
            self.inputs[name] = json.loads(json.dumps(execution_input))
            return None
        # Step Functions takes the same start twice while the execution runs.
        return None if known.status == "RUNNING" and self.inputs[name] == execution_input else known

    def end(self, name: str, status: str) -> None:
        """Let an execution end."""
        self.named[name] = replace(self.named[name], status=status)

    def stop(self, execution_arn: str, cause: str) -> None:
        """Stop an execution; that it has ended already is fine."""
        assert cause
        self.stopped.append(execution_arn)
        name = execution_arn.rsplit(":", 1)[1]
        if name in self.named and self.named[name].status == "RUNNING":
            self.end(name, "ABORTED")

    def ended(self, execution_arn: str) -> str | None:
        """Return how an execution ended; None while it is under way."""
        known = self.named.get(execution_arn.rsplit(":", 1)[1])
        if execution_arn in self.under_way or (known is not None and known.status == "RUNNING"):
            return None
        return known.status if known is not None else "ABORTED"


class FakeMetrics:
    """Metrics that remember what was noted.

    Attributes:
        noted: names and values, in order; a share as it was given.
    """

    def __init__(self) -> None:
        self.noted: list[tuple[str, float]] = []

    def count(self, name: str, value: float) -> None:
        """Add to a count."""
        self.noted.append((name, value))

    def percent(self, name: str, share: float) -> None:
        """Note a share in percent."""
        self.noted.append((name, share))

    def amount(self, name: str, value: float) -> None:
        """Note an amount of money."""
        self.noted.append((name, value))
