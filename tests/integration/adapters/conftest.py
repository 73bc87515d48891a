"""The app's table and bucket, in moto inside this process, as template.yaml describes them."""

import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from moto import mock_aws

from fakes import FakeClock
from integration.adapters.lambda_account import Account, fake_account, lambda_client, local_account
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
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", _session())
        yield


@cache
def _session() -> boto3.Session:
    """Return the session of all tests: it reads the models of the services, which takes longer than a test."""
    return boto3.Session(region_name="eu-west-1", aws_access_key_id="tester", aws_secret_access_key="local")


@cache
def _table_properties() -> dict[str, Any]:
    template = yaml.load((Path(__file__).parents[3] / "template.yaml").read_text("utf-8"), _Template)  # noqa: S506
    wanted = template["Resources"]["Table"]["Properties"]
    names = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
    return {name: wanted[name] for name in names}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table(mocked_aws: None) -> "Table":  # noqa: ARG001 - the calls below go there
    return boto3.resource("dynamodb").create_table(TableName=TABLE, **_table_properties())


@pytest.fixture
def dynamodb(mocked_aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001 - the calls below go there
    client: Any = boto3.client("dynamodb")
    # moto checks a condition, then writes, without a lock; for DynamoDB both are one step.
    call, one_at_a_time = client._make_api_call, threading.RLock()

    def make_api_call(operation: str, arguments: dict[str, Any]) -> Any:
        with one_at_a_time:
            return call(operation, arguments)

    monkeypatch.setattr(client, "_make_api_call", make_api_call)
    return client


@pytest.fixture
def item_table(dynamodb: Any, table: "Table") -> ItemTable:
    return ItemTable(dynamodb, table.name)


@pytest.fixture
def s3(mocked_aws: None) -> Any:  # noqa: ARG001 - the calls below go there
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


@pytest.fixture(scope="module")
def local_client() -> Iterator[Any]:
    with lambda_client() as client:
        yield client


@pytest.fixture(params=["fake", "local"])
def account(request: pytest.FixtureRequest) -> Account:
    if request.param == "fake":
        return fake_account()
    return local_account(request.getfixturevalue("local_client"))


@pytest.fixture
def arn(account: Account, request: pytest.FixtureRequest) -> str:
    return account.add("".join(c if c.isalnum() else "-" for c in request.node.name)[-60:].strip("-"))
