"""The app's table and bucket, in moto inside this process, as template.yaml describes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from moto import mock_aws

from fakes import FakeClock
from power_tuner.aws.item_table import ItemTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TABLE, BUCKET = "power-tuner", "power-tuner-documents"


class _Template(yaml.SafeLoader):
    """Reads the template; what a function of CloudFormation would say is of no interest here."""


_Template.add_multi_constructor("!", lambda _loader, suffix, _node: suffix)


@pytest.fixture
def mocked_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table(mocked_aws: None) -> "Table":  # noqa: ARG001 - the calls below go there
    template = yaml.load((Path(__file__).parents[3] / "template.yaml").read_text("utf-8"), _Template)  # noqa: S506
    wanted: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    names = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
    return boto3.resource("dynamodb").create_table(TableName=TABLE, **{name: wanted[name] for name in names})


@pytest.fixture
def item_table(table: "Table") -> ItemTable:
    return ItemTable(boto3.client("dynamodb"), table.name)


@pytest.fixture
def s3(mocked_aws: None) -> Any:  # noqa: ARG001 - the calls below go there
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client
