"""Policies that belong to a resource: those of event buses, queues and functions."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.events.models import events_backends
from moto.sqs.models import sqs_backends

from power_tuner_local.iam.policies import Request, resource_effects

if TYPE_CHECKING:
    from power_tuner_local.lambda_service import LambdaService


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request.

    Attributes:
        arn: The role, or the account's root user.
        session_arn: The same as messages name it: for a role, its session.
        account_id: The caller's account.
    """

    arn: str
    session_arn: str
    account_id: str

    @property
    def context(self) -> tuple[tuple[str, str], ...]:
        """Return the condition keys that describe the caller."""
        return (("aws:PrincipalArn", self.arn), ("aws:PrincipalAccount", self.account_id))

    @property
    def principals(self) -> frozenset[str]:
        """Return the names by which a statement may mean the caller itself.

        A statement that names the account leaves the decision to the policies of the account's roles.
        """
        return frozenset({self.arn, self.session_arn})


class ResourcePolicies:
    """The policies of the buses, queues and functions of one account and region."""

    def __init__(self, region: str, account_id: str, lambda_service: "LambdaService") -> None:
        self._lambda = lambda_service
        self._region = region
        self._account_id = account_id

    def effects(self, request: Request, principals: frozenset[str]) -> frozenset[str]:
        """Return the effects, Allow and Deny, of a resource's own policy on a request."""
        document = self._document(request.resource)
        return frozenset() if document is None else resource_effects(document, request, principals)

    def service_refusal(self, service: str, action: str, resource: str, source_arn: str) -> str | None:
        """Return the reason why a service may not act on a resource for one of its own; None if it may.

        Args:
            service: The service's principal, such as `events.amazonaws.com`.
            action: What it does, such as `sqs:SendMessage`.
            resource: The ARN of the queue or function.
            source_arn: For what it acts: a rule.
        """
        context = (("aws:SourceArn", source_arn), ("aws:SourceAccount", source_arn.split(":")[4]))
        effects = self.effects(Request(action, resource, context), frozenset({service}))
        if effects == {"Allow"}:
            return None
        return f"{service} is not authorized to perform: {action} on resource: {resource} by its resource-based policy"

    def _document(self, arn: str) -> str | None:
        service, name = arn.split(":")[2:3], arn.rpartition(":")[2]
        policy: Any = None
        if service == ["events"] and name.startswith("event-bus/"):
            bus = events_backends[self._account_id][self._region].event_buses.get(name.removeprefix("event-bus/"))
            policy = None if bus is None else bus.policy
        elif service == ["sqs"]:
            queue = sqs_backends[self._account_id][self._region].queues.get(name)
            policy = None if queue is None else queue.policy
        elif service == ["lambda"]:
            policy = self._lambda.policy_of(arn)
        return policy if policy is None or isinstance(policy, str) else json.dumps(policy)
