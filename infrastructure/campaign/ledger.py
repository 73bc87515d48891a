"""What the app has written and told of its runs: items, leases, documents, events, dead letters."""

import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from power_tuner.automation.policy import LATEST, Policy
from power_tuner.automation.profile import Profile
from power_tuner.aws.item_table import ItemTable
from power_tuner.aws.profile_store import DynamoProfiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_POLL_S = 0.1


class Ledger:
    """Reads the app's table and bucket, and collects its events and dead letters in a thread.

    Args:
        client: Gives the client of a service.
        outputs: The stack's.
    """

    def __init__(self, client: "Callable[[str], Any]", outputs: "Mapping[str, str]") -> None:
        self._client = client
        self._outputs = outputs
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
        bus = self._outputs["EventBusName"]
        events.put_rule(Name="campaign", EventBusName=bus, EventPattern=json.dumps({"source": ["power-tuner"]}))
        events.put_targets(Rule="campaign", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.join()

    def enroll(self, target: str, run_input: "Mapping[str, Any]") -> None:
        """Enrol a function; decisions are applied to $LATEST."""
        profile = Profile(self._arn(target), run_input=dict(run_input), policy=Policy(apply=LATEST), cool_down_s=0)
        DynamoProfiles(ItemTable(self._client("dynamodb"), self._outputs["TableName"])).put(profile)

    def items(self, target: str, run_id: str) -> list[dict[str, Any]]:
        """Return the items of a run."""
        found = self._query(f"FUNCTION#{self._arn(target)}") + self._query("FUNCTION#unknown")
        plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in found]
        return [item for item in plain if item.get("runId") == run_id and item["SK"].startswith("RUN#")]

    def skips(self, target: str) -> int:
        """Count the items that say why no run of a target was started."""
        return sum(
            item.get("status", {}).get("S") == "skipped" for item in self._query(f"FUNCTION#{self._arn(target)}")
        )

    def leases(self, target: str) -> list[dict[str, Any]]:
        """Return the leases on a target."""
        return [item for item in self._query(f"FUNCTION#{self._arn(target)}") if item["SK"]["S"] == "LEASE"]

    def active_leases(self, target: str, run_id: str = "") -> list[dict[str, Any]]:
        """Return the leases on a target that nobody has closed, of one run or of any."""
        return [
            lease
            for lease in self.leases(target)
            if lease["phase"]["S"] == "active" and run_id in {"", lease["runId"]["S"]}
        ]

    def set_leases(self, target: str, moment: str) -> None:
        """Make it so late that a moment of a target's leases is past.

        Args:
            target: Whose leases.
            moment: `untilS`, when the lease expires, or `intentUntilS`, when a Publisher is certainly dead: only to
                be used when it is.
        """
        for lease in self.leases(target):
            with contextlib.suppress(ClientError):  # released meanwhile
                self._client("dynamodb").update_item(
                    TableName=self._outputs["TableName"],
                    Key={"PK": lease["PK"], "SK": lease["SK"]},
                    UpdateExpression=f"SET {moment} = :past",
                    ConditionExpression="attribute_exists(PK)",
                    ExpressionAttributeValues={":past": {"N": "0"}},
                )

    def events_of(self, run_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return the details of a run's events by detail type."""
        found: dict[str, list[dict[str, Any]]] = {}
        for event in list(self._events):
            if event["detail"].get("runId") == run_id:
                found.setdefault(event["detail-type"], []).append(event["detail"])
        return found

    def dead_letters(self, target: str) -> int:
        """Count the dead letters that mention a target."""
        return sum(target in text for text in list(self._dead))

    def document(self, items: list[dict[str, Any]]) -> "dict[str, Any] | None":
        """Return the result document that a run's items name."""
        for item in items:
            if "resultKey" in item:
                place = {"Bucket": self._outputs["BucketName"], "Key": item["resultKey"]}
                found: dict[str, Any] = json.loads(self._client("s3").get_object(**place)["Body"].read())
                return found
        return None

    def _query(self, partition: str) -> list[dict[str, Any]]:
        answer = self._client("dynamodb").query(
            TableName=self._outputs["TableName"],
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        items: list[dict[str, Any]] = answer["Items"]
        return items

    def _arn(self, target: str) -> str:
        return self._outputs["StateMachineArn"].split(":stateMachine:")[0].replace(":states:", ":lambda:") + (
            f":function:{target}"
        )

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
