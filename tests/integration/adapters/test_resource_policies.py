"""Who may call a function, from its resource policy."""

import json
from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from power_tuner.aws.resource_policies import LambdaResourcePolicies

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
Answer = Callable[[Stubber], None]


@pytest.fixture
def stubbed(mocked_aws: None) -> tuple[LambdaResourcePolicies, Stubber]:  # noqa: ARG001 - keeps real credentials away
    client = boto3.client("lambda", "eu-west-1")
    stubber = Stubber(client)
    stubber.activate()
    return LambdaResourcePolicies(lambda _: client), stubber


def test_services_of_the_policy_are_known(stubbed: tuple[LambdaResourcePolicies, Stubber]) -> None:
    """Accounts and everybody are no service; the policy of the alias is asked for."""
    policies, stubber = stubbed
    principals = [{"Service": "apigateway.amazonaws.com"}, {"AWS": "arn:aws:iam::123456789012:root"}, "*"]
    policy = {"Statement": [{"Effect": "Allow", "Principal": each} for each in principals]}
    asked = {"FunctionName": ARN, "Qualifier": "live"}
    stubber.add_response("get_policy", {"Policy": json.dumps(policy)}, asked)

    assert {"apigateway.amazonaws.com"} == policies.services(ARN, "live")


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_what_cannot_be_seen_is_nobody(stubbed: tuple[LambdaResourcePolicies, Stubber], code: str) -> None:
    """No policy, or one that may not be read."""
    policies, stubber = stubbed
    stubber.add_client_error("get_policy", code, expected_params={"FunctionName": ARN})

    assert frozenset() == policies.services(ARN, None)


def test_other_refusals_stay_what_they_are(stubbed: tuple[LambdaResourcePolicies, Stubber]) -> None:
    """A fault of Lambda is not silence."""
    policies, stubber = stubbed
    stubber.add_client_error("get_policy", "ServiceException")

    with pytest.raises(ClientError, match="ServiceException"):
        policies.services(ARN, None)
