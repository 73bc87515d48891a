"""AWS's events about deployments: when, of which functions, or where to look the functions up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from power_tuner.errors import InvalidInput
from power_tuner.tuning.arn import canonical_arn, parse_function_reference

CLOUDTRAIL = "AWS API Call via CloudTrail"
CODE_DEPLOY = "CodeDeploy Deployment State-change Notification"
# What a change of the configuration may consist of without changing what runs; with anything else it is a deployment.
_NOT_WHAT_RUNS = frozenset(
    {"functionName", "revisionId", "memorySize", "timeout", "description", "deadLetterConfig", "loggingConfig"}
)
# Above the longest ARN of a stack, and the longest id of a deployment.
_MAX_ID_CHARS = 1024
STACK_STATUS = "CloudFormation Stack Status Change"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One event about a deployment.

    Attributes:
        at_s: epoch second at which it happened.
        functions: unqualified ARNs that the event names.
        stack_id: the CloudFormation stack whose functions were deployed, else None.
        code_deploy_id: the CodeDeploy deployment whose functions were deployed, else None.
    """

    at_s: float
    functions: tuple[str, ...] = ()
    stack_id: str | None = None
    code_deploy_id: str | None = None


def read_deployment(event: Mapping[str, object], *, like: str) -> Deployment | None:
    """Read an event from the default bus; return None if nothing was deployed.

    Args:
        event: the whole event.
        like: any ARN in the app's own account and region, to complete a function's bare name.

    Raises:
        InvalidInput: the event lacks what events of its kind have.
    """
    if not isinstance(event, Mapping):
        raise InvalidInput(field="event", value=event, allowed="an event of EventBridge")
    detail = _part(event, "detail")
    at_s = _epoch_s(detail.get("eventTime") or event.get("time"))
    kind = event.get("detail-type")
    if kind == CLOUDTRAIL:
        return _api_call(detail, at_s, like)
    if kind == CODE_DEPLOY:
        return Deployment(at_s, code_deploy_id=_text(detail, "deploymentId"))
    if kind == STACK_STATUS:
        return Deployment(at_s, stack_id=_text(detail, "stack-id"))
    return Deployment(at_s, functions=tuple(dict.fromkeys(_function_arns(event))))


def _api_call(detail: Mapping[str, object], at_s: float, like: str) -> Deployment | None:
    asked = _part(detail, "requestParameters")
    call = str(detail.get("eventName"))
    if detail.get("errorCode") or asked.get("dryRun"):
        return None
    if call.startswith("UpdateFunctionConfiguration") and not asked.keys() - _NOT_WHAT_RUNS:
        return None
    if call.startswith("UpdateAlias") and not _is_shifted(asked):
        return None
    answered = _part(detail, "responseElements")
    name = answered.get("functionArn") or asked.get("functionName")
    reference = parse_function_reference(name) if isinstance(name, str) else None
    if reference is None:
        return None
    return Deployment(at_s, functions=(canonical_arn(reference, like=like),))


def _is_shifted(asked: Mapping[str, object]) -> bool:
    """Return whether an alias was pointed to one version alone: the steps of a canary are no deployment yet."""
    routing = _part(asked, "routingConfig")
    return bool(asked.get("functionVersion")) and not _part(routing, "additionalVersionWeights")


def _function_arns(value: object) -> Iterator[str]:
    """Yield the unqualified ARN of every function that an event names, in whichever of its fields."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            waiting += reversed(list(each.values()))
        elif isinstance(each, list):
            waiting += reversed(each)
        elif isinstance(each, str):
            reference = parse_function_reference(each)
            if reference is not None and reference.region is not None:
                yield reference.unqualified


def _part(whole: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = whole.get(name)
    if part is None:
        return {}
    if not isinstance(part, Mapping):
        raise InvalidInput(field=name, value=part, allowed="an object, in an event of a deployment")
    return part


def _text(detail: Mapping[str, object], name: str) -> str:
    text = detail.get(name)
    if not isinstance(text, str) or not text.isascii() or not 0 < len(text) <= _MAX_ID_CHARS:
        raise InvalidInput(field=f"detail.{name}", value=text, allowed="text, in an event of a deployment")
    return text


def _epoch_s(text: object) -> float:
    try:
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
        # In UTC the first and the last day of all can lie outside of what a time can be.
        return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise InvalidInput(field="time", value=text, allowed="when the event happened, as ISO 8601") from None
