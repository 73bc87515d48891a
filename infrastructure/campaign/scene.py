"""One function of a user's on the stage, and what its user and the app do with it."""

import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campaign import targets
from campaign.cases import STACK
from campaign.ledger import MAX_ITEMS
from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import Profile
from power_tuner.aws.history import to_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from campaign.stage import Stage

SMALL: dict[str, Any] = {"num": 1, "powerValues": [128, 256], "payload": {}}
_SOON_S = 20.0
IDLE_S = 300.0  # a run whose Record is refused tries again for two minutes


@dataclass(slots=True)
class Scene:
    """One function, and what happens to it.

    Attributes:
        name: The function's.
        deployments: How many events have said that it was deployed.
    """

    stage: "Stage"
    name: str
    deployments: int = 0

    @property
    def arn(self) -> str:
        """Return the ARN of the function."""
        return self.stage.arn(self.name)

    def enroll(self, *, policy: Policy | None = None, drift_mode: str = "read", **run_input: Any) -> None:
        """Enrol the function."""
        fields = {name: value for name, value in {**SMALL, **run_input}.items() if value is not None}
        self.stage.app.profiles.put(Profile(self.arn, fields, policy or Policy(), 0, drift_mode))

    @property
    def is_enrolled(self) -> bool:
        """Return whether the function has a profile."""
        return self.stage.app.profiles.get(self.arn) is not None

    def send_deployment(self, example: str = "deployment-update-code", **detail: Any) -> None:
        """Put the event of a deployment on the default bus, each a second later than the one before."""
        self.deployments += 1
        self.stage.send_deployment(self.name, example=example, delay_s=self.deployments, detail=detail)

    def settle(self) -> None:
        """Wait until nothing is under way any more."""
        self.stage.aws.wait_until_idle(IDLE_S)

    def tune(self, **fields: Any) -> None:
        """Start a run by hand, and wait for its end."""
        self.stage.start(f"{self.name}-by-hand", {"lambdaARN": self.name, **SMALL, **fields})
        self.settle()

    def deploy(self, source: str) -> None:
        """Deploy other code, as soon as Lambda accepts it."""
        client, archive = self.stage.client("lambda"), targets.zipped(source)
        targets.retried(lambda: client.update_function_code(FunctionName=self.name, ZipFile=archive))

    def check_fleet(self) -> str:
        """Fire the schedule of the drift checks and return the outcome for this function."""
        before = self.stage.checks()
        self.stage.fire_schedule("fleet")
        self.settle()
        begun = next((each for each in self.stage.checks() if each not in before), None)
        return "not started" if begun is None else self.stage.outcome_of(begun, self.arn)

    def roll_back(self) -> str:
        """Let the Optimizer take back what the function's latest applied run changed, and return how that ended."""
        applied = next((item["runId"] for item in self.items(self.arn) if "applied" in item), "none")
        return self.ask({"rollback": applied}) or "taken back"

    def ask(self, request: "Mapping[str, Any]") -> str:
        """Ask the Optimizer by hand, and return how that failed; empty if it did not."""
        optimizer = self.stage.client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId="OptimizerFunction"
        )["StackResourceDetail"]["PhysicalResourceId"]
        answer = self.stage.client("lambda").invoke(FunctionName=optimizer, Payload=json.dumps(request).encode())
        return str(answer.get("FunctionError", ""))

    def wait_for(self, check: "Callable[[], bool]") -> None:
        """Wait until something holds, or for as long as a small run takes at most."""
        deadline_s = time.monotonic() + _SOON_S
        while not check() and time.monotonic() < deadline_s:
            time.sleep(0.05)

    def items(self, target_arn: str) -> list[dict[str, Any]]:
        """Return the items of a function's runs, newest first."""
        return [to_item(run) for run in self.stage.app.history.latest(target_arn, MAX_ITEMS)]

    def runs(self, target_arn: str = "") -> list[str]:
        """Return the outcome of each event and run: status, trigger and whether a decision was applied."""
        return sorted(
            f"{item['status']} {item.get('trigger', '')} {item.get('applied', {}).get('applied', '')}".strip()
            for item in self.items(target_arn or self.arn)
        )

    def parameter(self) -> str | None:
        """Return the value of the parameter that is named after the function, None if there is none."""
        return self.stage.app.parameters.get(f"/power-tuner/{self.name}")


@contextlib.contextmanager
def open_scene(stage: "Stage", source: str) -> "Iterator[Scene]":
    """Yield a scene with a new function; delete the function and its profile in the end."""
    scene = Scene(stage, stage.new_name())
    with targets.new_target(stage.client("lambda"), scene.name, source, stage.role_arn):
        try:
            yield scene
        finally:
            scene.settle()
            stage.app.profiles.delete(scene.arn)
