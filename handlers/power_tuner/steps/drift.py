"""Check one enrolled target for drift, and start a run when it drifted."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from power_tuner import metrics
from power_tuner.automation.drift import Baseline, DriftCheck, compare, level_of, replaced
from power_tuner.automation.profile import MEASURE, Profile
from power_tuner.automation.trigger import Trigger
from power_tuner.errors import TargetNotTunable
from power_tuner.events import DriftDetected
from power_tuner.operations.day_limit import require_invocations
from power_tuner.operations.invoking import invoke_once
from power_tuner.operations.settling import settled
from power_tuner.tuning.arn import name_of
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.run_item import CompletedRun
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.target import FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

_LATEST_RUNS = 20
# A day of production, or enough of it; or as many invocations as show 30 % in spite of the usual noise.
_READ_S = 86_400
_READ_SAMPLES = 300
_MEASURE_SAMPLES = 40
# What a check may spend on sleepBetweenRunsMs, and on invocations together with it: its call ends after 900 s.
_PAUSES_S = 300
_MEASURE_S = 600
# The digest's part of an execution's name.
_DIGEST_CHARS = 20
_NAME_CHARS = 50


@dataclass(frozen=True, slots=True)
class Drift:
    """The step Drift of the fleet."""

    app: "App"

    def check(self, target_arn: str) -> DriftCheck:
        """Compare a target with its baseline, and count it if it drifted."""
        checked = self._check(target_arn)
        self.app.metrics.count(metrics.DRIFTS, int(checked.outcome in {"drifted", "replaced"}))
        return checked

    def _check(self, target_arn: str) -> DriftCheck:
        profile = self.app.profiles.get(target_arn)
        if profile is None:
            return DriftCheck(target_arn=target_arn, outcome="not-enrolled")
        if self.app.leases.get(target_arn) is not None:
            return DriftCheck(target_arn=target_arn, outcome="busy")
        current = settled(self.app, target_arn)
        latest = self.app.history.latest(target_arn, _LATEST_RUNS, with_skipped=False)
        runs = [run for run in latest if isinstance(run, CompletedRun)]
        if not runs:
            run_id = self._start(profile, current, "schedule", "never tuned")
            return DriftCheck(target_arn=target_arn, outcome="never-tuned", run_id=run_id)
        baseline = self.app.baselines.get(target_arn)
        if baseline is None or baseline.run_id != runs[0].run_id or baseline.source != profile.drift_mode:
            return self._take_baseline(profile, current, runs[0].run_id)
        return self._judge(profile, current, baseline)

    def _judge(self, profile: Profile, current: FunctionSnapshot, baseline: Baseline) -> DriftCheck:
        target_arn = profile.target_arn
        reason = replaced(baseline, current)
        if reason is not None:
            found = DriftCheck(target_arn=target_arn, outcome="replaced", reason=reason)
            return self._drifted(profile, current, baseline, found)
        before = baseline.level
        now = level_of(self._durations_ms(profile, current, baseline.run_id))
        if before is None or now is None:
            return DriftCheck(target_arn=target_arn, outcome="no-data")
        if self.app.leases.get(target_arn) is not None:
            # A run began meanwhile: some of these invocations may have run at its test memory size.
            return DriftCheck(target_arn=target_arn, outcome="busy")
        change = compare(before, now, profile.drift_threshold)
        found = DriftCheck(
            target_arn=target_arn,
            outcome="unchanged",
            baseline_ms=before.typical_ms,
            current_ms=now.typical_ms,
            change=change.change,
            interval=(change.low, change.high),
            samples=now.samples,
        )
        if not change.drifted:
            return found
        reason = f"it takes {now.typical_ms:.1f} ms and took {before.typical_ms:.1f} ms ({change.change:+.0%})"
        return self._drifted(profile, current, baseline, replace(found, outcome="drifted", reason=reason))

    def _take_baseline(self, profile: Profile, current: FunctionSnapshot, run_id: str) -> DriftCheck:
        """Record the function after its latest run as the baseline, unless it changed since it was measured."""
        target = self.app.documents.plan(run_id).target
        baseline = Baseline(
            run_id=run_id,
            source=profile.drift_mode,
            code_sha256=target.code_sha256,
            memory_mb=current.memory_mb,
            runtime=target.runtime,
            architecture=target.architecture,
            timeout_s=target.timeout_s,
            level=None,
        )
        reason = replaced(baseline, current)
        if reason is not None:
            found = DriftCheck(target_arn=profile.target_arn, outcome="replaced", reason=reason)
            return self._drifted(profile, current, baseline, found)
        level = level_of(self._durations_ms(profile, current, run_id))
        if level is None:
            return DriftCheck(target_arn=profile.target_arn, outcome="no-data")
        self.app.baselines.put(profile.target_arn, replace(baseline, level=level))
        return DriftCheck(target_arn=profile.target_arn, outcome="baseline", samples=level.samples)

    def _durations_ms(self, profile: Profile, current: FunctionSnapshot, run_id: str) -> list[float]:
        """Return the durations to compare: of production's invocations, or of the check's own."""
        if profile.drift_mode != MEASURE:
            if current.obstacle is not None:
                # Such as a log level that leaves Lambda's reports out, but not what only looks like one.
                return []
            return self.app.production_logs.durations_ms(
                current.log, current.memory_mb, self.app.now() - _READ_S, _READ_SAMPLES
            )
        return self._measure(current.memory_mb, profile.target_arn, self.app.documents.plan(run_id))

    def _measure(self, memory_mb: int, target_arn: str, plan: RunPlan) -> list[float]:
        durations_ms: list[float] = []
        began_s = self.app.now()
        cycle = plan.payload_cycle()
        pause_s = plan.run_input.sleep_between_runs_ms / 1000
        count = min(_MEASURE_SAMPLES, int(_PAUSES_S / pause_s)) if pause_s else _MEASURE_SAMPLES
        require_invocations(self.app, count)
        for index in range(count):
            invocation = invoke_once(self.app, plan, target_arn, None, cycle[index % len(cycle)], memory_mb=memory_mb)
            if invocation.failure is not None:
                raise TargetNotTunable(f"{target_arn} failed while it was checked: {invocation.failure}")
            if invocation.sample.measured and not invocation.sample.cold:
                durations_ms.append(invocation.sample.total_duration_ms)
            # One more takes about as long as those before it on average.
            if self.app.now() + pause_s + (self.app.now() - began_s) / (index + 1) > began_s + _MEASURE_S:
                break
            self.app.sleep(pause_s)
        return durations_ms

    def _drifted(
        self, profile: Profile, current: FunctionSnapshot, baseline: Baseline, found: DriftCheck
    ) -> DriftCheck:
        """Start a run, and emit the drift event."""
        run_id = self._start(profile, current, "drift", baseline.run_id)
        self.app.events.emit(
            DriftDetected(
                target_arn=profile.target_arn,
                baseline_run_id=baseline.run_id,
                detected_at=iso_time(self.app.now()),
                mode=profile.drift_mode,
                threshold=profile.drift_threshold,
                run_id=run_id,
                reason=found.reason,
                baseline_ms=found.baseline_ms,
                current_ms=found.current_ms,
                change=found.change,
                interval=found.interval,
                samples=found.samples,
            )
        )
        return replace(found, run_id=run_id)

    def _start(self, profile: Profile, current: FunctionSnapshot, kind: str, since: str) -> str:
        """Start a run, once a day for the same finding."""
        arn, day = profile.target_arn, iso_time(self.app.now()).partition("T")[0]
        text = f"{arn} {current.code_sha256} {profile.settings} {since} {day}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]
        run_id = f"{name_of(arn)[:_NAME_CHARS]}-{kind[:5]}-{digest}"
        self.app.executions.start(run_id, Trigger(kind, arn, current.code_sha256).to_input())
        return run_id
