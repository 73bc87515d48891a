"""Leases as DynamoDB items; every change is one conditional write."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from power_tuner.domain.lease import LEASE_S, Lease
from power_tuner.errors import LeaseLost

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

SORT_KEY = "LEASE"
# All leases share one partition of the index, so that the janitor finds them without a scan.
LEASES_PARTITION = "LEASE"
_MINE_AND_ACTIVE = "runId = :run AND #phase = :active"


class DynamoLeases:
    """One lease item per target.

    Args:
        table: the app's table.
        now: returns the epoch second.
    """

    def __init__(self, table: "Table", now: Callable[[], float]) -> None:
        self._table = table
        self._now = now

    def take(self, lease: Lease) -> Lease | None:
        """Take the lease; None on success (also when this run holds it already), else whose it is."""
        try:
            self._table.put_item(
                Item=_item(lease),
                ConditionExpression="attribute_not_exists(PK) OR (runId = :run AND #phase = :active)",
                ExpressionAttributeNames={"#phase": "phase"},
                ExpressionAttributeValues={":run": lease.run_id, ":active": "active"},
            )
        except ClientError as error:
            if not _refused(error):
                raise
            holder = self.get(lease.target_arn)
            # Released between the two calls: whoever asked may ask again.
            return holder if holder is not None else self.take(lease)
        return None

    def get(self, target_arn: str) -> Lease | None:
        """Read the lease on a target, consistently."""
        answer = self._table.get_item(Key=_key(target_arn), ConsistentRead=True)
        item = answer.get("Item")
        return Lease.from_dict(item) if item else None

    def renew(self, target_arn: str, run_id: str) -> Lease:
        """Extend an active lease and return it; LeaseLost when it is not this run's any more."""
        try:
            answer = self._table.update_item(
                Key=_key(target_arn),
                UpdateExpression="SET untilS = :until",
                ConditionExpression=_MINE_AND_ACTIVE,
                ExpressionAttributeNames={"#phase": "phase"},
                ExpressionAttributeValues={":run": run_id, ":active": "active", ":until": self._until_s()},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            raise _lost(error, target_arn, run_id) from error
        return Lease.from_dict(answer["Attributes"])

    def save(self, lease: Lease) -> Lease:
        """Write an active lease's notes and extend it; LeaseLost when it is not this run's any more."""
        extended = replace(lease, until_s=self._until_s())
        try:
            self._table.put_item(
                Item=_item(extended),
                ConditionExpression=_MINE_AND_ACTIVE,
                ExpressionAttributeNames={"#phase": "phase"},
                ExpressionAttributeValues={":run": lease.run_id, ":active": "active"},
            )
        except ClientError as error:
            raise _lost(error, lease.target_arn, lease.run_id) from error
        return extended

    def fence(self, target_arn: str, run_id: str) -> Lease | None:
        """Set this run's lease to closing, so that its handlers stop; None when the run holds none."""
        try:
            answer = self._table.update_item(
                Key=_key(target_arn),
                UpdateExpression="SET #phase = :closing",
                ConditionExpression="runId = :run",
                ExpressionAttributeNames={"#phase": "phase"},
                ExpressionAttributeValues={":run": run_id, ":closing": "closing"},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if _refused(error):
                return None
            raise
        return Lease.from_dict(answer["Attributes"])

    def release(self, target_arn: str, run_id: str) -> None:
        """Delete this run's lease; that it is gone already is fine."""
        try:
            self._table.delete_item(
                Key=_key(target_arn),
                ConditionExpression="runId = :run",
                ExpressionAttributeValues={":run": run_id},
            )
        except ClientError as error:
            if not _refused(error):
                raise

    def held(self) -> Iterator[Lease]:
        """List all leases."""
        request: dict[str, Any] = {
            "IndexName": "by-day",
            "KeyConditionExpression": "#day = :leases",
            "ExpressionAttributeNames": {"#day": "day"},
            "ExpressionAttributeValues": {":leases": LEASES_PARTITION},
        }
        while True:
            page = self._table.query(**request)
            for item in page["Items"]:
                yield Lease.from_dict(item)
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _until_s(self) -> int:
        return int(self._now()) + LEASE_S


def _key(target_arn: str) -> dict[str, str]:
    return {"PK": f"FUNCTION#{target_arn}", "SK": SORT_KEY}


def _item(lease: Lease) -> dict[str, Any]:
    return {**_key(lease.target_arn), "day": LEASES_PARTITION, **lease.to_dict()}


def _refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _lost(error: ClientError, target_arn: str, run_id: str) -> Exception:
    if not _refused(error):
        return error
    return LeaseLost(f"Run {run_id} no longer holds the lease on {target_arn}: it was stopped, or it expired.")
