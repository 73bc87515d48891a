"""Check one enrolled target for drift, and start a run when it drifted."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from power_tuner import metrics
from power_tuner.automation.drift import Baseline, compare, level_of, replaced
from power_tuner.automation.profile import MEASURE, Profile
from power_tuner.automation.trigger import Trigger
from power_tuner.errors import TargetNotTunable
from power_tuner.events import POWER_DRIFT_DETECTED
from power_tuner.operations.invoking import invoke_once
from power_tuner.operations.settling import settled
from power_tuner.tuning.arn import name_of
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.target import FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

_LATEST_RUNS = 20
# A day of production, or enough of it; or as many invocations as show 30 % in spite of the usual noise.
_READ_S = 86_400
_READ_SAMPLES = 300
_MEASURE_SAMPLES = 40
# What a check may spend on sleepBetweenRunsMs.
_PAUSES_S = 300
# The digest's part of an execution's name.
_DIGEST_CHARS = 20
_NAME_CHARS = 50


@dataclass(frozen=True, slots=True)
class Drift:
    """The step Drift of the fleet."""

    app: "App"

    def check(self, target_arn: str) -> dict[str, Any]:
        """Compare a target with its baseline, and count it if it drifted.

        Returns:
            ``targetArn`` and ``outcome``: ``not-enrolled``, ``busy``, ``never-tuned`` (a run starts), ``baseline``
            (recorded now), ``no-data``, ``unchanged``, ``drifted`` or ``replaced`` (an event, and a run starts).
        """
        checked = self._check(target_arn)
        self.app.metrics.count(metrics.DRIFTS, int(checked["outcome"] in {"drifted", "replaced"}))
        return checked

    def _check(self, target_arn: str) -> dict[str, Any]:
        profile = self.app.profiles.get(target_arn)
        if profile is None:
            return _outcome(target_arn, "not-enrolled")
        if self.app.leases.get(target_arn) is not None:
            return _outcome(target_arn, "busy")
        current = settled(self.app, target_arn)
        runs = [run for run in self.app.history.latest(target_arn, _LATEST_RUNS) if run["status"] == "completed"]
        if not runs:
            return _outcome(target_arn, "never-tuned", run_id=self._start(profile, current, "schedule", "never tuned"))
        baseline = self.app.baselines.get(target_arn)
        if baseline is None or baseline.run_id != runs[0]["runId"] or baseline.source != profile.drift_mode:
            return self._take_baseline(profile, current, runs[0])
        return self._judge(profile, current, baseline)

    def _judge(self, profile: Profile, current: FunctionSnapshot, baseline: Baseline) -> dict[str, Any]:
        reason = replaced(baseline, current)
        if reason is not None:
            return self._drifted(profile, current, baseline, {"reason": reason}, "replaced")
        before = baseline.level
        now = level_of(self._durations_ms(profile, current, baseline.run_id))
        if before is None or now is None:
            return _outcome(profile.target_arn, "no-data")
        if self.app.leases.get(profile.target_arn) is not None:
            # A run began meanwhile: some of these invocations may have run at its test memory size.
            return _outcome(profile.target_arn, "busy")
        change = compare(before, now, profile.drift_threshold)
        figures: dict[str, Any] = {
            "baselineMs": before.typical_ms,
            "currentMs": now.typical_ms,
            "change": change.change,
            "interval": [change.low, change.high],
            "samples": now.samples,
        }
        if not change.drifted:
            return _outcome(profile.target_arn, "unchanged", **figures)
        reason = f"it takes {now.typical_ms:.1f} ms and took {before.typical_ms:.1f} ms ({change.change:+.0%})"
        return self._drifted(profile, current, baseline, {"reason": reason, **figures}, "drifted")

    def _take_baseline(self, profile: Profile, current: FunctionSnapshot, run: Mapping[str, Any]) -> dict[str, Any]:
        """Record the function after its latest run as the baseline, unless it changed since it was measured."""
        target = self.app.documents.plan(run["runId"]).target
        baseline = Baseline(
            run_id=run["runId"],
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
            return self._drifted(profile, current, baseline, {"reason": reason}, "replaced")
        level = level_of(self._durations_ms(profile, current, run["runId"]))
        if level is None:
            return _outcome(profile.target_arn, "no-data")
        self.app.baselines.put(profile.target_arn, replace(baseline, level=level))
        return _outcome(profile.target_arn, "baseline", samples=level.samples)

    def _durations_ms(self, profile: Profile, current: FunctionSnapshot, run_id: str) -> list[float]:
        """Return the durations to compare: of production's invocations, or of the check's own."""
        if profile.drift_mode != MEASURE:
            name = name_of(profile.target_arn)
            return self.app.production_logs.durations_ms(
                name, current.memory_mb, self.app.now() - _READ_S, _READ_SAMPLES
            )
        return self._measure(profile.target_arn, self.app.documents.plan(run_id))

    def _measure(self, target_arn: str, plan: RunPlan) -> list[float]:
        durations_ms: list[float] = []
        cycle = plan.payload_cycle()
        pause_s = plan.run_input.sleep_between_runs_ms / 1000
        for index in range(min(_MEASURE_SAMPLES, int(_PAUSES_S / pause_s)) if pause_s else _MEASURE_SAMPLES):
            invocation = invoke_once(self.app, plan, target_arn, None, cycle[index % len(cycle)])
            if invocation.failure is not None:
                raise TargetNotTunable(f"{target_arn} failed while it was checked: {invocation.failure}")
            if invocation.sample.measured and not invocation.sample.cold:
                durations_ms.append(invocation.sample.total_duration_ms)
            self.app.sleep(pause_s)
        return durations_ms

    def _drifted(
        self,
        profile: Profile,
        current: FunctionSnapshot,
        baseline: Baseline,
        findings: Mapping[str, Any],
        outcome: str,
    ) -> dict[str, Any]:
        run_id = self._start(profile, current, "drift", baseline.run_id)
        detail = {
            "targetArn": profile.target_arn,
            "baselineRunId": baseline.run_id,
            "detectedAt": iso_time(self.app.now()),
            "mode": profile.drift_mode,
            "threshold": profile.drift_threshold,
            "runId": run_id,
            "baselineMs": None,
            "currentMs": None,
            "change": None,
            "interval": None,
            "samples": None,
            **findings,
        }
        self.app.events.emit(POWER_DRIFT_DETECTED, detail)
        return _outcome(profile.target_arn, outcome, run_id=run_id, **findings)

    def _start(self, profile: Profile, current: FunctionSnapshot, kind: str, since: str) -> str:
        """Start a run, once a day for the same finding."""
        arn, day = profile.target_arn, iso_time(self.app.now()).partition("T")[0]
        text = f"{arn} {current.code_sha256} {profile.settings} {since} {day}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]
        run_id = f"{name_of(arn)[:_NAME_CHARS]}-{kind[:5]}-{digest}"
        self.app.executions.start(run_id, Trigger(kind, arn, current.code_sha256).to_input())
        return run_id


def _outcome(target_arn: str, outcome: str, *, run_id: str | None = None, **figures: Any) -> dict[str, Any]:
    started = {"runId": run_id} if run_id else {}
    return {"targetArn": target_arn, "outcome": outcome, **started, **figures}
