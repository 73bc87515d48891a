"""The stage: one local AWS with the app, on which run after run is played."""

import contextlib
import itertools
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from campaign.cases import QUICK_UPDATE_S, STACK
from campaign.ledger import Ledger
from power_tuner.automation.policy import APPLY
from power_tuner_cli.cloud import find_stack, open_app
from power_tuner_local import LocalAws
from power_tuner_local.lambda_service import LambdaOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
PAYLOADS = "campaign-payloads"
_EVENTS = ROOT / "events" / "examples"


class Stage:
    """A local AWS with the app deployed.

    Attributes:
        app: The app over the clients of an operator.
        ledger: What the app writes and sends.
        role_arn: The role of the functions that are tuned.
    """

    def __init__(self, update_s: float = QUICK_UPDATE_S, mode: str = APPLY) -> None:
        options = LambdaOptions(
            update_delay_s=update_s, retry_delay_s=0.2, max_sandboxes=64, memory_cap_mb=3008, settable_clock=True
        )
        self._undo = contextlib.ExitStack()
        self.aws = self._undo.enter_context(LocalAws(lambda_options=options))
        self.aws.client("s3").create_bucket(Bucket=PAYLOADS)
        parameters = {"totalExecutionTimeout": "60", "payloadS3Bucket": PAYLOADS, "mode": mode}
        self.aws.deploy(ROOT / "template.yaml", stack_name=STACK, parameters=parameters)
        self.app = open_app(self.aws, find_stack(self.aws, STACK))
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._prefix = f"case-{time.time_ns() // 1_000_000:x}"
        self.role_arn = self._make_role()
        self.ledger = self._undo.enter_context(Ledger(self.app, self.client))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def client(self, service: str) -> Any:
        """Return the operator's client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self.aws.client(service)
            return self._clients[service]

    def new_name(self) -> str:
        """Return a name that no other is the beginning of: what mentions one function mentions no other."""
        return f"{self._prefix}-{next(self._numbers):05}"

    def arn(self, function_name: str) -> str:
        """Return the ARN of a function."""
        return f"arn:aws:lambda:{self.aws.region}:{self.aws.account_id}:function:{function_name}"

    def start(self, execution_name: str, run_input: "Mapping[str, Any]") -> str:
        """Start a run and return the ARN of its execution."""
        answer = self.client("stepfunctions").start_execution(
            stateMachineArn=self.app.settings.state_machine_arn, name=execution_name, input=json.dumps(run_input)
        )
        return str(answer["executionArn"])

    def send_deployment(
        self,
        function_name: str,
        *,
        example: str = "deployment-update-code",
        delay_s: int = 0,
        detail: "Mapping[str, Any] | None" = None,
    ) -> None:
        """Put the event of a deployment on the default bus, as AWS sends it.

        Args:
            function_name: The function that was deployed.
            example: The example in `events/examples` that has the event's shape.
            delay_s: How much later than now the event says that it happened.
            detail: What it says instead of the function and the time.
        """
        event = json.loads((_EVENTS / f"{example}.json").read_text(encoding="utf-8"))
        at = (datetime.now(UTC) + timedelta(seconds=delay_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
        named = {"eventTime": at, "requestParameters": {"functionName": function_name}, "responseElements": None}
        entry = {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps({**event["detail"], **(detail or named)}),
        }
        self.client("events").put_events(Entries=[entry])

    def checks(self) -> dict[str, str]:
        """Return the status of each execution that checked the fleet, by its ARN."""
        client = self.client("stepfunctions")
        machines = client.list_state_machines()["stateMachines"]
        fleet = next(each["stateMachineArn"] for each in machines if each["name"].startswith("fleet-"))
        executions = client.list_executions(stateMachineArn=fleet)["executions"]
        return {each["executionArn"]: each["status"] for each in executions}

    def outcome_of(self, check_arn: str, target_arn: str) -> str:
        """Return what an execution that checked the fleet says of a target; its status if it says nothing."""
        ended = self.client("stepfunctions").describe_execution(executionArn=check_arn)
        checked = json.loads(ended.get("output", "[]"))
        of_target = next((each for each in checked if each["targetArn"] == target_arn), {"outcome": ended["status"]})
        return f"{of_target['outcome']} {of_target.get('error', '')}".strip()

    def fire_schedule(self, part_of_name: str) -> None:
        """Fire the app's schedule that has this in its name."""
        schedules = self.client("scheduler").list_schedules()["Schedules"]
        self.aws.fire_schedule(next(each["Name"] for each in schedules if part_of_name in each["Name"].lower()))

    def _make_role(self) -> str:
        trust = {"Version": "2012-10-17", "Statement": []}
        role = self.aws.client("iam").create_role(
            RoleName="campaign-target", AssumeRolePolicyDocument=json.dumps(trust)
        )
        return str(role["Role"]["Arn"])
