"""Who may call a function, from its resource policy."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from power_tuner.tuning.arn import region_of

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# No policy, or one that the app may not read: then nobody can be seen in it.
_UNSEEN = frozenset({"ResourceNotFoundException", "AccessDeniedException"})


class LambdaResourcePolicies:
    """Resource policies over boto3.

    Args:
        client_for: returns the client of a region.
    """

    def __init__(self, client_for: Callable[[str | None], "LambdaClient"]) -> None:
        self._client_for = client_for

    def services(self, arn: str, qualifier: str | None) -> frozenset[str]:
        """Return the AWS services that may call a function, a version or an alias, as far as that can be seen."""
        client = self._client_for(region_of(arn))
        named = {"Qualifier": qualifier} if qualifier else {}
        try:
            policy = json.loads(client.get_policy(FunctionName=arn, **named)["Policy"])
        except ClientError as error:
            if error.response["Error"]["Code"] not in _UNSEEN:
                raise
            return frozenset()
        principals = [statement.get("Principal") for statement in policy.get("Statement", ())]
        found = [each.get("Service") for each in principals if isinstance(each, dict)]
        return frozenset(each for each in found if isinstance(each, str))
