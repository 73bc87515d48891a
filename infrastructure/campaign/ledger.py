"""What the app has written and sent: items, leases, documents, events, dead letters."""

import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any, Self

from power_tuner.automation.policy import LATEST, Policy
from power_tuner.automation.profile import Profile
from power_tuner.aws import keys
from power_tuner.aws.history import to_item
from power_tuner.aws.item_table import to_attributes
from power_tuner.tuning.run_item import UNKNOWN_TARGET

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner.app import App
    from power_tuner.tuning.lease import Lease

MAX_ITEMS = 1000
_POLL_S = 0.1


class Ledger:
    """Reads the app's table and bucket, and collects its events and dead letters in a thread.

    Args:
        app: The app, over the clients of an operator.
        client: Returns the client of a service.
    """

    def __init__(self, app: "App", client: "Callable[[str], Any]") -> None:
        self._app = app
        self._client = client
        self._events: list[dict[str, Any]] = []
        self._dead: list[str] = []
        self._closing = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True, name="campaign-listener")

    def __enter__(self) -> Self:
        sqs, events = self._client("sqs"), self._client("events")
        self._urls = [
            sqs.create_queue(QueueName="campaign-events")["QueueUrl"],
            next(each for each in sqs.list_queues()["QueueUrls"] if "DeadLetters" in each),
        ]
        arn = sqs.get_queue_attributes(QueueUrl=self._urls[0], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus = self._app.settings.event_bus_name
        admitted = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [admitted]})
        sqs.set_queue_attributes(QueueUrl=self._urls[0], Attributes={"Policy": policy})
        events.put_rule(Name="campaign", EventBusName=bus, EventPattern=json.dumps({"source": ["power-tuner"]}))
        events.put_targets(Rule="campaign", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.join()

    def enroll(self, target_arn: str, run_input: dict[str, Any]) -> None:
        """Enrol a function; decisions are applied to $LATEST."""
        self._app.profiles.put(Profile(target_arn, run_input, policy=Policy(apply=LATEST), cool_down_s=0))

    def items(self, target_arn: str, run_id: str) -> list[dict[str, Any]]:
        """Return the items of a run."""
        runs = self._app.history
        found = [*runs.latest(target_arn, MAX_ITEMS), *runs.latest(UNKNOWN_TARGET, MAX_ITEMS)]
        return [to_item(run) for run in found if run.run_id == run_id]

    def skips(self, target_arn: str) -> int:
        """Return how many items say why no run of a target was started."""
        return sum(run.status == "skipped" for run in self._app.history.latest(target_arn, MAX_ITEMS))

    def lease(self, target_arn: str) -> "Lease | None":
        """Return the lease on a target, None if there is none."""
        return self._app.leases.get(target_arn)

    def has_active_lease(self, target_arn: str, run_id: str = "") -> bool:
        """Return whether a target has a lease that no cleanup has closed, of one run or of any."""
        lease = self.lease(target_arn)
        return lease is not None and lease.phase == "active" and run_id in {"", lease.run_id}

    def expire(self, target_arn: str, moment: str) -> None:
        """Put a moment of a target's lease into the past.

        Args:
            target_arn: Whose lease.
            moment: `untilS`, when the lease expires, or `intentUntilS`, when a Publisher is certainly dead: only to
                be used when it is.
        """
        with contextlib.suppress(self._client("dynamodb").exceptions.ConditionalCheckFailedException):  # released
            self._client("dynamodb").update_item(
                TableName=self._app.settings.table_name,
                Key=to_attributes(keys.lease(target_arn)),
                UpdateExpression=f"SET {moment} = :past",
                ConditionExpression="attribute_exists(PK)",
                ExpressionAttributeValues=to_attributes({":past": 0}),
            )

    def events_of(self, run_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return the details of a run's events by detail type."""
        found: dict[str, list[dict[str, Any]]] = {}
        for event in list(self._events):
            if event["detail"].get("runId") == run_id:
                found.setdefault(event["detail-type"], []).append(event["detail"])
        return found

    def dead_letters(self, target: str) -> int:
        """Return how many dead letters mention a target."""
        return sum(target in text for text in list(self._dead))

    def document(self, items: list[dict[str, Any]]) -> "dict[str, Any] | None":
        """Return the result document that a run's items name."""
        for item in items:
            if "resultKey" in item:
                place = {"Bucket": self._app.settings.bucket_name, "Key": item["resultKey"]}
                found: dict[str, Any] = json.loads(self._client("s3").get_object(**place)["Body"].read())
                return found
        return None

    def _listen(self) -> None:
        sqs = self._client("sqs")
        while not self._closing.wait(_POLL_S):
            self._events += [json.loads(text) for text in _receive(sqs, self._urls[0])]
            self._dead += _receive(sqs, self._urls[1])


def _receive(sqs: Any, url: str) -> list[str]:
    texts: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        texts += [message["Body"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return texts
