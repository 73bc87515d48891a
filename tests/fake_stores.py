"""In-memory stand-ins for what this app keeps in DynamoDB and S3."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import convert, to_builtins
from msgspec.structs import replace

from fakes import FakeClock
from power_tuner.automation.drift import Baseline
from power_tuner.automation.profile import Profile, read_profile
from power_tuner.automation.trial import CanaryStage, Trial
from power_tuner.automation.trigger import Origin
from power_tuner.aws import object_keys
from power_tuner.aws.history import from_item
from power_tuner.errors import DamagedItem, InvalidInput, LeaseLost
from power_tuner.ports import Begun, SampleBlock
from power_tuner.tuning.applied import Applied, RolledBack
from power_tuner.tuning.ceiling import Ceiling
from power_tuner.tuning.lease import LEASE_S, Lease
from power_tuner.tuning.outcome import BranchOutcome
from power_tuner.tuning.result import Draft, Result
from power_tuner.tuning.result_document import read_draft, write
from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunItem, RunKey, SkippedRun
from power_tuner.tuning.run_plan import RunPlan


class FakeLeases:
    """Leases in memory, each kept as the JSON that a table would keep."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._leases: dict[str, bytes] = {}
        self.log: list[str] = []

    def take(self, lease: Lease) -> Lease | None:
        """Take the lease; None on success (also when this run holds it already), else whose it is."""
        self.log.append("take")
        holder = self.get(lease.target_arn)
        if holder is not None and (holder.run_id != lease.run_id or holder.phase != "active"):
            return holder
        self._keep(lease)
        return None

    def get(self, target_arn: str) -> Lease | None:
        """Read the lease on a target."""
        text = self._leases.get(target_arn)
        return None if text is None else msgspec.json.decode(text, type=Lease)

    def renew(self, target_arn: str, run_id: str) -> Lease:
        """Extend an active lease and return it; LeaseLost when it is not this run's any more."""
        self.log.append("renew")
        return self._extend(self._mine(target_arn, run_id))

    def save(self, lease: Lease) -> Lease:
        """Write an active lease's notes and extend it; LeaseLost when it is not this run's any more."""
        self.log.append("save")
        self._mine(lease.target_arn, lease.run_id)
        return self._extend(lease)

    def fence(self, target_arn: str, run_id: str) -> Lease | None:
        """Set this run's lease to closing, so that its handlers stop; None when the run holds none."""
        self.log.append("fence")
        lease = self.get(target_arn)
        if lease is None or lease.run_id != run_id:
            return None
        return self._keep(replace(lease, phase="closing"))

    def release(self, target_arn: str, run_id: str) -> None:
        """Delete this run's lease; that it is gone already is fine."""
        self.log.append("release")
        lease = self.get(target_arn)
        if lease is not None and lease.run_id == run_id:
            del self._leases[target_arn]

    def held(self) -> list[Lease]:
        """List all leases."""
        return [msgspec.json.decode(text, type=Lease) for text in self._leases.values()]

    def _mine(self, target_arn: str, run_id: str) -> Lease:
        lease = self.get(target_arn)
        if lease is None or lease.run_id != run_id or lease.phase != "active":
            raise LeaseLost(f"Run {run_id} no longer holds the lease on {target_arn}: it was stopped, or it expired.")
        return lease

    def _extend(self, lease: Lease) -> Lease:
        return self._keep(replace(lease, until_s=int(self._clock.now()) + LEASE_S))

    def _keep(self, lease: Lease) -> Lease:
        self._leases[lease.target_arn] = msgspec.json.encode(lease)
        return lease


class FakeDocuments:
    """Documents in memory, each kept as JSON text."""

    def __init__(self) -> None:
        self.objects: dict[str, str] = {}
        self.payloads: dict[tuple[str, str], str] = {}
        self._blocks: dict[str, dict[int, dict[tuple[int, int, int, str], SampleBlock]]] = defaultdict(
            lambda: defaultdict(dict)
        )

    def save_plan(self, plan: RunPlan) -> None:
        """Keep the plan."""
        self._put(object_keys.plan(plan.run_id), plan.to_dict())

    def plan(self, run_id: str) -> RunPlan:
        """Read the plan."""
        return RunPlan.from_dict(self._get(object_keys.plan(run_id)))

    def earlier_plan(self, run_id: str) -> RunPlan | None:
        """Read the plan, if it is there."""
        return self.plan(run_id) if object_keys.plan(run_id) in self.objects else None

    def save_samples(self, run_id: str, memory_mb: int, block: SampleBlock) -> None:
        """Keep one block of samples; the same block written twice counts once."""
        self._blocks[run_id][memory_mb][block.batch, block.first, len(block.samples), block.call_id] = block

    def samples(self, run_id: str) -> dict[int, list[SampleBlock]]:
        """Read all blocks, by memory size, in the order of invocation."""
        by_memory = self._blocks[run_id]
        return {
            memory_mb: sorted(blocks.values(), key=lambda block: (block.first, len(block.samples)))
            for memory_mb, blocks in by_memory.items()
        }

    def save_outcome(self, run_id: str, memory_mb: int, outcome: BranchOutcome) -> None:
        """Keep why a branch failed."""
        self._put(object_keys.outcome(run_id, memory_mb), to_builtins(outcome))

    def outcomes(self, run_id: str) -> dict[int, BranchOutcome]:
        """Read the outcomes of the branches that failed, by memory size."""
        prefix = object_keys.all_outcomes(run_id)
        keys = [key for key in self.objects if key.startswith(prefix)]
        return {
            int(key.removeprefix(prefix).removesuffix(".json")): convert(self._get(key), BranchOutcome) for key in keys
        }

    def save_draft(self, draft: Draft) -> None:
        """Keep the analysis until it is recorded."""
        self.objects[object_keys.analysis(draft.run_id)] = write(draft)

    def draft(self, run_id: str) -> Draft:
        """Read the analysis."""
        return read_draft(self.objects[object_keys.analysis(run_id)])

    def save_result(self, result: Result, day: str) -> str:
        """Keep the result; returns its key."""
        key = object_keys.result(result.run_id, day)
        self.objects[key] = write(result)
        return key

    def save_report(self, run_id: str, html: str) -> str:
        """Keep the report page; returns its key."""
        key = object_keys.report(run_id)
        self.objects[key] = html
        return key

    def save_fleet_page(self, html: str) -> str:
        """Keep the page about all functions; returns its key."""
        self.objects[object_keys.FLEET_PAGE] = html
        return object_keys.FLEET_PAGE

    def read_payload(self, bucket: str, key: str) -> str:
        """Read a payload from a bucket of the user's."""
        if (bucket, key) not in self.payloads:
            raise InvalidInput(field="payloadS3", value=f"s3://{bucket}/{key}", allowed="an object that exists")
        return self.payloads[bucket, key]

    def _put(self, key: str, document: Mapping[str, Any]) -> None:
        self.objects[key] = json.dumps(document)

    def _get(self, key: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.objects[key])
        return document


class FakeHistory:
    """The items of all runs in memory."""

    def __init__(self) -> None:
        self.items: dict[RunKey, dict[str, Any]] = {}
        self.damaged = ""
        self._begun: dict[str, Begun] = {}

    def note_begun(
        self,
        run_id: str,
        target_arn: str | None,
        started_at: str,
        origin: Origin | None = None,
        ceiling: Ceiling | None = None,
    ) -> None:
        """Note that a run began and, once it is known, which target it is about to touch."""
        if target_arn or run_id not in self._begun:
            self._begun[run_id] = Begun(target_arn, started_at, origin, ceiling)

    def begun(self, run_id: str) -> Begun | None:
        """Return what a run noted, None when it never came that far."""
        return self._begun.get(run_id)

    def latest(self, target_arn: str, limit: int, *, with_skipped: bool = True) -> list[RunItem]:
        """Return the items of a target's runs, newest first; without the skipped ones, however many there are."""
        runs = self._newest(len(self.items), targetArn=target_arn)
        return [run for run in runs if with_skipped or run.status != "skipped"][:limit]

    def of_day(self, date: str, limit: int) -> list[RunItem]:
        """Return the items of all runs that started on a date (YYYY-MM-DD, UTC), newest first."""
        return [item for item in self._newest(len(self.items)) if item.started_at.startswith(date)][:limit]

    def each_of_status(self, status: str) -> Iterator[RunItem]:
        """Yield all runs of a status that can be read, newest first; then raise DamagedItem with the others."""
        yield from self._newest(None, status=status)
        if self.damaged:
            raise DamagedItem(self.damaged)

    def of_status(self, status: str, limit: int | None = None) -> list[RunItem]:
        """Return the items of all runs that are ``completed``, ``failed`` or ``skipped``, newest first."""
        return self._newest(limit, status=status)

    def record(self, item: CompletedRun | SkippedRun, *, over_failure: bool = False) -> None:
        """Write a run's item, over an earlier one of the same run; LeaseLost when that says the run has failed."""
        if not over_failure and self.items.get(item.key, {}).get("status") == "failed":
            raise LeaseLost(f"Run {item.run_id} was ended while its result was recorded.")
        self.items[item.key] = _as_stored(item)

    def record_failure(self, item: FailedRun) -> bool:
        """Write a failed run's item; False, and nothing written, when the bus was told of its failure already."""
        known = self.items.get(item.key, {})
        if "told" in known:
            return False
        noted = {"applying", "applied", "appliedTold", "rolledBack"}
        notes = {name: value for name, value in known.items() if name in noted}
        self.items[item.key] = {**_as_stored(item), **notes}
        return True

    def note_event_emitted(self, run: RunKey) -> None:
        """Note on a failed run's item that the bus was told."""
        self.items[run]["told"] = True

    def item(self, run: RunKey) -> RunItem | None:
        """Return a run's item, None when there is none."""
        return from_item(self.items[run]) if run in self.items else None

    def note_rolled_back(self, run: RunKey, rolled_back: RolledBack) -> None:
        """Note on a run's item that what it applied was taken back."""
        self.items[run]["rolledBack"] = _as_stored(rolled_back)

    def note_applying(self, run: RunKey, applying: Applied) -> None:
        """Note on a run's item what is about to be applied; LeaseLost when it was applied meanwhile, or is gone."""
        item = self.items.get(run)
        if item is None or "applied" in item:
            raise LeaseLost(f"What run {run.run_id} decided was applied meanwhile, or its item is gone.")
        item["applying"] = _as_stored(applying)

    def note_applied(self, run: RunKey, applied: Applied) -> None:
        """Note on a run's item what was applied; nothing when there is a note already, or no item."""
        item = self.items.get(run)
        if item is not None and "applied" not in item:
            item["applied"] = _as_stored(applied)
            item.pop("applying", None)

    def forget_refusal(self, run: RunKey) -> None:
        """Forget that a decision was not applied."""
        item = self.items.get(run)
        if item is not None and item.get("applied", {}).get("applied") is False:
            item.pop("applied")
            item.pop("appliedTold", None)

    def note_applied_event_emitted(self, run: RunKey) -> None:
        """Note on a run's item that the bus was told what was applied; nothing when there is no item."""
        item = self.items.get(run)
        if item is not None and "applied" in item:
            item["appliedTold"] = True

    def _newest(self, limit: int | None, **wanted: str) -> list[RunItem]:
        found = [item for item in self.items.values() if wanted.items() <= item.items()]
        found.sort(key=lambda item: (item["startedAt"], item["runId"]), reverse=True)
        return list(map(from_item, found[:limit]))


def _as_stored(value: RunItem | Applied | RolledBack) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(to_builtins(value)))
    return document


class FakeDailyInvocations:
    """Counters and accounts in memory; an account is what a run reserved of a day, and used."""

    def __init__(self) -> None:
        self.of_day: dict[str, int] = {}
        self.accounts: dict[tuple[str, str], list[int]] = {}
        self.closed: set[tuple[str, str]] = set()

    def take(self, day: str, invocations: int, most: int) -> bool:
        """Count invocations, if the day has room for them."""
        total = self.of_day.get(day, 0) + invocations
        if total > most:
            return False
        self.of_day[day] = total
        return True

    def reserve(self, run_id: str, day: str, invocations: int, most: int) -> bool:
        """Take invocations for a run."""
        if not self.take(day, invocations, most):
            return False
        self.accounts.setdefault((run_id, day), [0, 0])[0] += invocations
        return True

    def spend(self, run_id: str, day: str, invocations: int, most: int) -> bool:
        """Use what a run reserved, and take what is missing."""
        account = self.accounts.get((run_id, day))
        if account is None or (run_id, day) in self.closed:
            return self.take(day, invocations, most)
        missing = min(invocations, account[1] + invocations - account[0])
        if missing > 0:
            if not self.take(day, missing, most):
                return False
            account[0] += missing
        account[1] += invocations
        return True

    def unspend(self, run_id: str, day: str, invocations: int) -> None:
        """Take back what was not invoked."""
        if (run_id, day) in self.accounts and (run_id, day) not in self.closed:
            self.accounts[run_id, day][1] -= invocations

    def close(self, run_id: str, day: str) -> None:
        """Give back what a run did not use."""
        if (run_id, day) in self.accounts and (run_id, day) not in self.closed:
            self.closed.add((run_id, day))
            reserved, used = self.accounts[run_id, day]
            self.of_day[day] -= max(0, reserved - used)


class FakeBaselines:
    """Baselines in memory, each kept as the JSON that a table would keep."""

    def __init__(self) -> None:
        self._baselines: dict[str, bytes] = {}

    def get(self, target_arn: str) -> Baseline | None:
        """Read a target's baseline, None when it has none."""
        text = self._baselines.get(target_arn)
        return None if text is None else msgspec.json.decode(text, type=Baseline)

    def put(self, target_arn: str, baseline: Baseline) -> None:
        """Write a target's baseline, over an earlier one."""
        self._baselines[target_arn] = msgspec.json.encode(baseline)


class FakeProfiles:
    """Profiles in memory, each kept as the JSON that a table would keep."""

    def __init__(self) -> None:
        self._profiles: dict[str, str] = {}
        self.written = 0

    def get(self, target_arn: str) -> Profile | None:
        """Read a target's profile, None when it has none."""
        text = self._profiles.get(target_arn)
        return None if text is None else read_profile(target_arn, text)

    def damage(self, target_arn: str, text: str) -> None:
        """Keep something else than a profile."""
        self._profiles[target_arn] = text

    def put(self, profile: Profile) -> None:
        """Write a profile, over an earlier one of the same target."""
        self.written += 1
        self._profiles[profile.target_arn] = json.dumps(to_builtins(profile))

    def delete(self, target_arn: str) -> None:
        """Delete a target's profile; that it is gone already is fine."""
        self.written += 1
        self._profiles.pop(target_arn, None)

    def enrolled(self) -> list[tuple[str, Profile | None]]:
        """List all enrolled targets with their profiles."""
        return [(target_arn, self._readable(target_arn)) for target_arn in self._profiles]

    def _readable(self, target_arn: str) -> Profile | None:
        try:
            return self.get(target_arn)
        except InvalidInput:
            return None


class FakeCanaries:
    """Canaries and their stages in memory."""

    def __init__(self) -> None:
        self._trials: dict[str, dict[str, Any]] = {}
        self._stages: dict[tuple[str, int], CanaryStage] = {}

    def begin(self, trial: Trial) -> Trial | None:
        """Note a canary; None if that is the target's, else the one that the target has."""
        other = self.get(trial.target_arn)
        if other is None:
            self._trials[trial.target_arn] = _trial_as_stored(trial)
        return other

    def get(self, target_arn: str) -> Trial | None:
        """Return the canary of a target."""
        stored = self._trials.get(target_arn)
        return convert(stored, Trial) if stored else None

    def save(self, trial: Trial) -> Trial:
        """Write a canary; LeaseLost when somebody else has written or ended it."""
        known, written = self.get(trial.target_arn), replace(trial, saved=trial.saved + 1)
        if known == written:
            return written
        if known is None or (known.run_id, known.saved) != (trial.run_id, trial.saved):
            raise LeaseLost(f"The canary of run {trial.run_id} was changed or ended by somebody else meanwhile.")
        self._trials[trial.target_arn] = _trial_as_stored(written)
        return written

    def end(self, trial: Trial) -> None:
        """Delete a canary, if it is still that of this run."""
        known = self.get(trial.target_arn)
        if known is not None and known.run_id == trial.run_id:
            del self._trials[trial.target_arn]

    def held(self) -> list[Trial]:
        """List all canaries."""
        return [convert(each, Trial) for each in self._trials.values()]

    def note_stage(self, stage: CanaryStage) -> None:
        """Keep a stage."""
        self._stages[stage.run_id, stage.number] = stage

    def stages(self, run_id: str) -> list[CanaryStage]:
        """Return the stages of a run's canary, in order."""
        return [stage for (of, _), stage in sorted(self._stages.items()) if of == run_id]


def _trial_as_stored(trial: Trial) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(to_builtins(trial)))
    return document


class FakeDailyMetrics:
    """What CloudWatch would have counted, by metric and function."""

    def __init__(self) -> None:
        self.counted: dict[tuple[str, str], dict[str, float]] = {}

    def sums(self, metric: str, names: Sequence[str], since: datetime, until: datetime) -> dict[str, dict[str, float]]:
        """Return the sum of each day (YYYY-MM-DD, UTC) that has one, by the function's name."""
        days = (f"{since:%Y-%m-%d}", f"{until:%Y-%m-%d}")
        found = {name: self.counted[metric, name] for name in names if (metric, name) in self.counted}
        return {
            name: {day: value for day, value in sums.items() if days[0] <= day <= days[1]}
            for name, sums in found.items()
        }

    def busiest(self, most: int, since: datetime, until: datetime) -> list[str]:
        """Return the names of so many functions at most that ran longest, those first."""
        names = [name for metric, name in self.counted if metric == "Duration"]
        total = {name: sum(days.values()) for name, days in self.sums("Duration", names, since, until).items()}
        return sorted(total, key=lambda name: -total[name])[:most]

    def invocations(self, names: Sequence[str], days: int, now: datetime) -> dict[str, float]:
        """Return how often each function was invoked in the last days, today's part included."""
        sums = self.sums("Invocations", names, now - timedelta(days=days), now)
        return {name: sum(by_day.values()) for name, by_day in sums.items()}
