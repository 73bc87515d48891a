"""Look at a canary: compare what production showed of both versions, and let the share grow, or everything go back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from power_tuner.automation.canary import Evidence, judge
from power_tuner.automation.sequential_test import Errors
from power_tuner.automation.trial import Outcome, Trial, evidence_of
from power_tuner.errors import LeaseLost
from power_tuner.operations.ending_canaries import go_back, note_stage, promote, take_share_off
from power_tuner.ports import FunctionNotFound, RevisionMismatch, UpdateInProgress
from power_tuner.tuning.arn import name_of

if TYPE_CHECKING:
    from power_tuner.app import App

# A line of the log arrives within seconds; what is later is missed, of either version alike.
_LONGEST_DELAY_S = 30.0


class Look(Struct, frozen=True, rename="camel"):
    """What a look at a canary found.

    Attributes:
        done: it has ended.
        outcome: ``growing``, or how it ended; ``ended`` if somebody else has ended it.
        wait_seconds: until the next look.
    """

    done: bool
    outcome: str
    wait_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Canary:
    """The step Canary."""

    app: "App"

    def look(self, run_id: str) -> Look:
        """Do what is next in a run's canary; what that is, is read from what the stack wrote itself."""
        trial = self._of_run(run_id)
        if trial is None:
            return Look(done=True, outcome="ended")
        if trial.phase in {"closing", "promoted"}:
            return _ended(go_back(self.app, trial, trial.why))
        if trial.phase == "promoting":
            return _ended(promote(self.app, trial))
        overtaken = self._overtaken(trial)
        if overtaken:
            return _ended(go_back(self.app, trial, overtaken, "overtaken"))
        if not trial.is_set:
            return self._set(trial if trial.weights else self._grown(trial, 0), "it begins")
        return self._judge(trial)

    def give_up(self, run_id: str, why: str) -> None:
        """Take a run's canary back because its execution cannot go on."""
        trial = self._of_run(run_id)
        if trial is not None:
            go_back(self.app, trial, why)

    def stopped(self, execution_arn: str, why: str) -> None:
        """Take the canary back that an execution was for, which was ended from outside."""
        for trial in self.app.canaries.held():
            if trial.execution_arn == execution_arn:
                self.give_up(trial.run_id, why)

    def _of_run(self, run_id: str) -> Trial | None:
        begun = self.app.history.begun(run_id)
        trial = self.app.canaries.get(begun.target_arn) if begun and begun.target_arn else None
        return trial if trial and trial.run_id == run_id else None

    def _overtaken(self, trial: Trial) -> str | None:
        try:
            latest = self.app.functions.get(trial.target_arn)
        except FunctionNotFound:
            return "the function was deleted meanwhile"
        return trial.overtaken(self.app.functions.alias(trial.target_arn, trial.doing.alias), latest)

    def _grown(self, trial: Trial, calls: int) -> Trial:
        return self.app.canaries.save(trial.growing(self.app.now(), calls))

    def _set(self, trial: Trial, reason: str, tried: Errors | None = None) -> Look:
        """Set the weight that was noted, unless it is there already, and note that it is."""
        arn, doing = trial.target_arn, trial.doing
        found = self.app.functions.alias(arn, doing.alias)
        overtaken = trial.alias_overtaken(found)
        if overtaken:
            return _ended(go_back(self.app, trial, overtaken, "overtaken"))
        if found is not None and not trial.is_there(found):
            try:
                self.app.functions.set_weights(arn, doing.alias, str(doing.previous_version), trial.shares, found)
            except (RevisionMismatch, UpdateInProgress):
                # The next look finds out who was faster.
                return Look(done=False, outcome="growing", wait_seconds=1)
        try:
            seen = self.app.canaries.save(replace(trial, is_set=True))
        except LeaseLost:
            # Whoever ended it meanwhile may not have seen what was just set.
            take_share_off(self.app, trial)
            raise
        note_stage(self.app, seen, "growing", reason, tried)
        return Look(done=False, outcome="growing", wait_seconds=seen.wait_s)

    def _judge(self, trial: Trial) -> Look:
        now_s = self.app.now()
        read = self._read(trial, now_s)
        evidence = self._evidence(read, now_s)
        tried = evidence.tried.errors
        verdict = judge(evidence, read.settings, read.expected_change)
        stage = read.stage(now_s, tried.calls)
        if verdict.found == "worse":
            return _ended(go_back(self.app, read, verdict.reason, tried=tried))
        if stage.is_over(read.settings):
            if not stage.is_last(read.settings):
                why = f"{tried.calls} calls of it showed nothing worse"
                return self._set(self._grown(read, tried.calls), why, tried)
            if verdict.found == "proven":
                return _ended(promote(self.app, self.app.canaries.save(read.promoting(verdict.reason)), tried))
        if now_s >= read.ends_s:
            why = f"it was not proven within {read.settings.hours:g} hours and {tried.calls} calls: {verdict.reason}"
            return _ended(go_back(self.app, read, why, tried=tried))
        self.app.canaries.save(read)
        return Look(done=False, outcome="growing", wait_seconds=read.wait_s)

    def _read(self, trial: Trial, now_s: float) -> Trial:
        until_s = now_s - min(_LONGEST_DELAY_S, trial.wait_s / 2)
        if until_s <= trial.read_until_s:
            return trial
        version = self.app.functions.get(trial.target_arn, trial.doing.version)
        found = self.app.production_logs.of_versions(
            version.log, trial.versions, trial.read_until_s, until_s, version.timeout_s
        )
        trusted_ms, tried_ms = (found.get(each, []) for each in trial.versions)
        return trial.has_read(until_s, trusted_ms, tried_ms)

    def _evidence(self, trial: Trial, now_s: float) -> Evidence:
        name = name_of(trial.target_arn)
        counted = self.app.alias_calls.of_versions(name, trial.doing.alias, [*trial.versions], trial.begun_s, now_s)
        trusted, tried = (counted.get(each, Errors()) for each in trial.versions)
        return evidence_of(trial, trusted, tried)


def _ended(outcome: Outcome) -> Look:
    return Look(done=True, outcome=outcome)
