"""Start a run for each enrolled function that was deployed, or record why none is started."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner import metrics
from power_tuner.automation.admission import Deployed, admit, run_name, skip_name
from power_tuner.automation.deployment import Deployment, read_deployment
from power_tuner.automation.profile import BY_TAG, Profile, profile_from_tags
from power_tuner.automation.trigger import Trigger
from power_tuner.errors import InvalidInput
from power_tuner.operations.settling import settled
from power_tuner.ports import FunctionForbidden, FunctionNotFound
from power_tuner.tuning.arn import canonical_arn, name_of, parse_function_reference
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.run_item import SkippedRun

if TYPE_CHECKING:
    from power_tuner.app import App

# Enough to find the run of this code among those of the last days, in one page of DynamoDB.
_LATEST_RUNS = 50
# How often code that was deployed again may fail before it is left alone.
_MAX_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Deployments:
    """The function Deployments, which consumes events of the default bus."""

    app: "App"

    def on_event(self, event: Mapping[str, object]) -> dict[str, list[str]]:
        """Start the runs for an event of the default bus.

        Returns:
            The ids of the runs that were ``started``, of those that measure the same already (``coalesced``), and
            of the items that record why none was started (``skipped``).
        """
        done: dict[str, list[str]] = {"started": [], "coalesced": [], "skipped": []}
        deployment = read_deployment(event, like=self.app.settings.state_machine_arn)
        if deployment is not None:
            for target_arn in self._functions_of(deployment):
                outcome, run_id = self._on_deployed(target_arn, deployment.at_s)
                done[outcome].append(run_id)
        self.app.metrics.count(metrics.DEPLOYMENTS_SKIPPED, len(done["skipped"]))
        return done

    def _functions_of(self, deployment: Deployment) -> list[str]:
        names: list[str] = []
        if deployment.stack_id is not None:
            names = self.app.deployment_targets.of_stack(deployment.stack_id)
        elif deployment.code_deploy_id is not None:
            names = self.app.deployment_targets.of_code_deploy(deployment.code_deploy_id)
        references = [parse_function_reference(name) for name in names]
        return [
            *deployment.functions,
            *(canonical_arn(each, like=self.app.settings.state_machine_arn) for each in references if each),
        ]

    def _on_deployed(self, target_arn: str, at_s: float) -> tuple[str, str]:
        code_sha256 = None
        try:
            profile = self._profile(target_arn)
            if profile is None:
                return self._skip(target_arn, at_s, "it is not enrolled")
            current = settled(self.app, target_arn)
            code_sha256 = current.code_sha256
        except (FunctionForbidden, FunctionNotFound, InvalidInput) as error:
            return self._skip(target_arn, at_s, str(error))
        deployed = Deployed(code_sha256, current.fingerprint)
        runs = self.app.history.latest(target_arn, _LATEST_RUNS, with_skipped=False)
        admission = admit(profile, deployed, runs, self.app.leases.get(target_arn), self.app.now())
        if admission.coalesced_into is not None:
            return "coalesced", admission.coalesced_into
        if admission.skipped_because is not None:
            return self._skip(target_arn, at_s, admission.skipped_because, code_sha256)
        if admission.supersedes is not None:
            # Before the start: if this call ends in between, the next one finds the lease and continues.
            self.app.executions.stop(
                admission.supersedes, "The function was deployed again; another run measures that."
            )
        return self._start(profile, deployed, at_s)

    def _profile(self, target_arn: str) -> Profile | None:
        """Return a target's profile; one from its tags is saved, so that the fleet finds it."""
        known = self.app.profiles.get(target_arn)
        if known is not None and known.enrolled_by != BY_TAG:
            return known
        tagged = profile_from_tags(
            target_arn, self.app.functions.tags(target_arn) or {}, self.app.settings.tag_apply_modes
        )
        if tagged is not None and tagged != known:
            self.app.profiles.put(tagged)
        elif tagged is None and known is not None:
            self.app.profiles.delete(target_arn)
        return tagged

    def _start(self, profile: Profile, deployed: Deployed, at_s: float) -> tuple[str, str]:
        trigger = Trigger("deployment", profile.target_arn, deployed.code_sha256)
        for attempt in range(_MAX_ATTEMPTS):
            name = run_name(profile.target_arn, deployed, profile.settings, attempt)
            known = self.app.executions.start(name, trigger.to_input())
            if known is None:
                return "started", name
            if known.status in {"RUNNING", "SUCCEEDED"} or at_s <= known.started_at_s:
                return "coalesced", name
        reason = f"this code was tried {_MAX_ATTEMPTS} times without a result; start a run by hand to see why"
        return self._skip(profile.target_arn, at_s, reason, deployed.code_sha256)

    def _skip(self, target_arn: str, at_s: float, reason: str, code_sha256: str | None = None) -> tuple[str, str]:
        skip_id = skip_name(target_arn, at_s, reason)
        skipped_at = iso_time(at_s)
        item = SkippedRun(
            run_id=skip_id,
            target_arn=target_arn,
            target_name=name_of(target_arn),
            started_at=skipped_at,
            finished_at=skipped_at,
            reason=reason,
            trigger="deployment",
            code_sha256=code_sha256,
            expires_at_s=int(self.app.now()) + self.app.settings.retention_s,
        )
        self.app.history.record(item)
        return "skipped", skip_id
