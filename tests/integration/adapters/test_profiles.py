"""Profiles: the table and its stand-in keep the same promises."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from fake_stores import FakeProfiles
from integration.adapters.conftest import BUCKET
from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import Profile
from power_tuner.aws import keys
from power_tuner.aws.item_table import ItemTable
from power_tuner.aws.profile_store import MAX_PAYLOAD_BYTES, DynamoProfiles, with_payload_outside
from power_tuner.ports import Profiles
from power_tuner.tuning.payloads import read_payloads, write_payloads

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
PROFILE = Profile(
    ARN,
    {"num": 5, "payload": {"ratio": 0.1, "big": 12345678901234567890}, "balancedWeight": 0.3},
    Policy("alias", alias="live", minimum_gain=0.05),
    cool_down_s=60,
)


@pytest.fixture(params=["fake", "DynamoDB"])
def profiles(request: pytest.FixtureRequest) -> Profiles:
    if request.param == "fake":
        return FakeProfiles()
    return DynamoProfiles(request.getfixturevalue("item_table"))


def test_a_profile_comes_back_as_it_went(profiles: Profiles) -> None:
    """The numbers of a payload too."""
    profiles.put(PROFILE)

    assert PROFILE == profiles.get(ARN)


def test_who_is_not_enrolled_has_no_profile(profiles: Profiles) -> None:
    """Nobody's profile is None."""

    assert profiles.get(ARN) is None


def test_a_later_profile_replaces_an_earlier_one(profiles: Profiles) -> None:
    """One per function."""
    profiles.put(PROFILE)
    profiles.put(replace(PROFILE, cool_down_s=0))

    assert [0] == [each.cool_down_s for _, each in profiles.enrolled() if each]


def test_all_profiles_are_listed(profiles: Profiles) -> None:
    """The fleet is everybody who is enrolled, however many; who was taken out is not."""
    arns = {f"{ARN}-{number}" for number in range(30)}
    for arn in arns:
        profiles.put(replace(PROFILE, target_arn=arn))
    profiles.delete(f"{ARN}-7")
    profiles.delete(f"{ARN}-7")

    assert arns - {f"{ARN}-7"} == {target_arn for target_arn, _ in profiles.enrolled()}


def test_many_large_profiles_are_more_than_one_page(item_table: ItemTable) -> None:
    """A query answers 1 MB at a time."""
    profiles = DynamoProfiles(item_table)
    for number in range(7):
        profiles.put(Profile(f"{ARN}-{number}", {"payload": "x" * (MAX_PAYLOAD_BYTES - 2)}))

    assert 7 == len(list(profiles.enrolled()))


def test_a_large_payload_lies_in_s3(s3: Any) -> None:
    """The profile names it there; another payload has another name, so that it is another setting."""
    large = [replace(PROFILE, run_input={"payload": letter * MAX_PAYLOAD_BYTES}) for letter in "ab"]
    first, second = (with_payload_outside(each, s3, BUCKET) for each in large)

    uri = str(first.run_input["payloadS3"])
    body = s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    assert large[0].run_input["payload"] == read_payloads(body.decode())[0].payload
    assert uri.startswith(f"s3://{BUCKET}/profiles/thumbnailer-")
    assert first.settings != second.settings


def test_a_small_payload_stays(s3: Any) -> None:
    """In the profile, where one sees it."""

    assert PROFILE == with_payload_outside(PROFILE, s3, BUCKET)


@pytest.mark.parametrize(("more", "field"), [(0, "payload"), (1, "payloadS3")])
def test_a_payload_of_200_kb_is_the_largest_that_stays(s3: Any, more: int, field: str) -> None:
    """Counted as the UTF-8 of its JSON, quotes included."""
    profile = replace(PROFILE, run_input={"num": 5, "payload": "x" * (200_000 - 2 + more)})

    assert {"num", field} == with_payload_outside(profile, s3, BUCKET).run_input.keys()


def test_a_large_payload_keeps_its_name_and_kind(s3: Any) -> None:
    """The key names the function, and the digest of the text; the object is JSON."""
    profile = replace(PROFILE, run_input={"payload": "ä" * 100_000})
    text = write_payloads("ä" * 100_000)
    key = f"profiles/thumbnailer-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    moved = with_payload_outside(profile, s3, BUCKET)
    stored = s3.get_object(Bucket=BUCKET, Key=key)

    assert {"payloadS3": f"s3://{BUCKET}/{key}"} == moved.run_input
    assert (text, "application/json") == (stored["Body"].read().decode(), stored["ContentType"])


def test_a_profile_is_an_item_of_its_function(table: "Table", item_table: ItemTable) -> None:
    """With what the fleet lists and hands to each run; the rest as text."""
    DynamoProfiles(item_table).put(PROFILE)

    assert [
        {
            **keys.profile(ARN),
            "day": keys.PROFILES,
            "targetArn": ARN,
            "targetName": "thumbnailer",
            "enrolledBy": PROFILE.enrolled_by,
            "profile": json.dumps(to_builtins(PROFILE), separators=(",", ":")),
        }
    ] == table.scan()["Items"]
