"""Profiles as DynamoDB items; payloads too large for an item as S3 objects."""

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import to_builtins
from msgspec.structs import replace

from power_tuner.automation.profile import Profile, read_profile
from power_tuner.aws import keys, object_keys
from power_tuner.aws.item_table import ItemTable
from power_tuner.errors import InvalidInput
from power_tuner.tuning.arn import name_of
from power_tuner.tuning.payloads import write_payloads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# An item holds 400 KB; half is left for the rest of it.
MAX_PAYLOAD_BYTES = 200_000


class DynamoProfiles:
    """One profile item per enrolled target.

    Args:
        table: the app's table.
    """

    def __init__(self, table: ItemTable) -> None:
        self._table = table

    def get(self, target_arn: str) -> Profile | None:
        """Return a target's profile, None if it has none.

        Raises:
            InvalidInput: it is damaged.
        """
        item = self._table.get(keys.profile(target_arn))
        return read_profile(target_arn, item.get("profile")) if item else None

    def put(self, profile: Profile) -> None:
        """Write a profile, over an earlier one of the same target."""
        item = {
            **keys.profile(profile.target_arn),
            keys.BY_DAY.attribute: keys.PROFILES,
            "targetArn": profile.target_arn,
            "targetName": name_of(profile.target_arn),
            "enrolledBy": profile.enrolled_by,
            # As text, so that a payload's numbers come back unchanged.
            "profile": json.dumps(to_builtins(profile), separators=(",", ":")),
        }
        self._table.put(item)

    def delete(self, target_arn: str) -> None:
        """Delete a target's profile, if it exists."""
        self._table.delete(keys.profile(target_arn))

    def enrolled(self) -> Iterator[tuple[str, Profile | None]]:
        """Return all enrolled targets, each with its profile, or None if that is damaged."""
        for item in self._table.indexed(keys.BY_DAY, keys.PROFILES):
            target_arn = keys.target_of(item)
            try:
                yield target_arn, read_profile(target_arn, item.get("profile"))
            except InvalidInput:
                yield target_arn, None


def with_payload_outside(profile: Profile, client: "S3Client", bucket: str) -> Profile:
    """Move a payload that is too large for an item to S3, and return the profile that refers to it."""
    payload = profile.run_input.get("payload")
    if len(json.dumps(payload)) <= MAX_PAYLOAD_BYTES:
        return profile
    text = write_payloads(payload)
    # The digest is in the key, so that another payload gives other settings.
    key = object_keys.payload(name_of(profile.target_arn), hashlib.sha256(text.encode()).hexdigest()[:12])
    client.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")
    without = {field: value for field, value in profile.run_input.items() if field != "payload"}
    return replace(profile, run_input={**without, "payloadS3": f"s3://{bucket}/{key}"})
