"""What each permission of the template amounts to, in the hands of whoever controls the function that has it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from power_tuner_cli.deployment.rights import MODES, Grant, granted
from power_tuner_cli.deployment.template import Template

# With everything that is granted only where a parameter asks for it.
EVERYTHING = {
    "lambdaResource": "arn:aws:lambda:*:*:function:target-*",
    "processorResource": "arn:aws:lambda:*:*:function:processor-*",
    "payloadS3Bucket": "payloads",
    "payloadKmsKeyArns": "arn:aws:kms:us-east-1:123456789012:key/payloads",
    "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/own",
    "maxInvocationsPerDay": "1",
}
TARGETS, VERSIONS, PROCESSORS = "targets", "versions of targets", "processors"
# Where a resource is, by how the template writes it.
_PLACES = {
    "${lambdaResource}": TARGETS,
    "${lambdaResource}:*": VERSIONS,
    "${processorResource}": PROCESSORS,
    "${Table.Arn}": "table",
    "${Bucket.Arn}": "bucket",
    "${EventBus.Arn}": "bus",
    "${DeadLetters.Arn}": "dead letters",
    "arn:*:s3:::${payloadS3Bucket}": "`payloadS3Bucket`",
    "${kmsKeyArn}": "`kmsKeyArn`",
    "${payloadKmsKeyArns}": "`payloadKmsKeyArns`",
    "arn:*:ssm:": "parameters under `ssmParameterPrefix`",
    "arn:*:states:": "executions",
    "${TuneStateMachine}": "executions",
    "${CanaryStateMachine}": "executions",
    "arn:*:cloudformation:": "all stacks",
    "arn:*:logs:": "logs of targets",
    "*": "all of the account",
}
OWN_FUNCTIONS = "the stack's functions"

POWERS: Mapping[tuple[str, str], str] = {
    (
        "lambda:GetFunctionConfiguration",
        TARGETS,
    ): "read what its environment variables say, secrets that stand there included",
    ("lambda:GetFunctionConfiguration", VERSIONS): "the same, of any version",
    ("lambda:ListFunctionUrlConfigs", TARGETS): "know its URLs",
    ("lambda:ListFunctionUrlConfigs", VERSIONS): "the same, of any version",
    ("lambda:GetPolicy", TARGETS): "know who may call it",
    ("lambda:GetPolicy", VERSIONS): "the same, of any version",
    ("lambda:ListVersionsByFunction", TARGETS): "read the configuration of all versions, environment included",
    ("lambda:ListTags", TARGETS): "read its tags",
    ("lambda:GetAlias", TARGETS): "know which version an alias points to",
    ("lambda:GetFunctionConcurrency", TARGETS): "know its reserved concurrency",
    ("lambda:UpdateFunctionConfiguration", TARGETS): "**change any of its configuration (environment, handler, "
    "timeout), and so what it does at the next call**; AWS has no permission for the memory size alone",
    ("lambda:PublishVersion", TARGETS): "publish what `$LATEST` is; a version counts towards the account's storage",
    (
        "lambda:DeleteFunction",
        VERSIONS,
    ): "**delete any version that no alias points to**; never a whole function, which is denied",
    ("lambda:InvokeFunction", TARGETS): "**run it with any payload: whatever the function does, and what it costs**",
    ("lambda:InvokeFunction", VERSIONS): "the same, of any version, also of one that was withdrawn",
    ("lambda:InvokeFunction", PROCESSORS): "run a processor with any payload",
    ("lambda:InvokeFunction", OWN_FUNCTIONS): "have the steps of a run done; what they may do is in their own rows",
    ("lambda:CreateAlias", TARGETS): "make an alias, which callers that do not know it do not use",
    ("lambda:UpdateAlias", TARGETS): "**have the callers of an alias get any published version**",
    ("lambda:DeleteAlias", TARGETS): "**take an alias away from its callers**",
    ("dynamodb:GetItem", "table"): "read payloads of profiles, and what runs found",
    ("dynamodb:Query", "table"): "the same, of all functions that are enrolled or were tuned",
    ("dynamodb:PutItem", "table"): "decide what the stack believes: leases, profiles, decisions (see above)",
    ("dynamodb:UpdateItem", "table"): "the same, of what is there; set the counter of the day back",
    ("dynamodb:DeleteItem", "table"): "forget leases and profiles: two runs at once, or no run at all",
    ("s3:GetObject", "bucket"): "read payloads, plans and samples of runs",
    ("s3:PutObject", "bucket"): "decide what a run measures (its plan), and what it seems to have measured",
    ("s3:ListBucket", "bucket"): "know which runs there were",
    ("s3:GetObject", "`payloadS3Bucket`"): "read whatever lies under `payloadS3Key`",
    ("s3:ListBucket", "`payloadS3Bucket`"): "know what lies in the bucket",
    (
        "kms:Decrypt",
        "`kmsKeyArn`",
    ): "read, through DynamoDB, S3 and SQS only, what the key encrypts there and its other rows allow",
    ("kms:GenerateDataKey", "`kmsKeyArn`"): "have S3 and SQS encrypt with it",
    (
        "kms:Decrypt",
        "`payloadKmsKeyArns`",
    ): "read, through S3 only, what the key encrypts there and its other rows allow",
    ("ssm:GetParameter", "parameters under `ssmParameterPrefix`"): "read their values, and those of "
    "SecureStrings that AWS's own key encrypts",
    ("ssm:PutParameter", "parameters under `ssmParameterPrefix`"): "decide what infrastructure as code reads there",
    ("ssm:DeleteParameter", "parameters under `ssmParameterPrefix`"): "take one away from whoever reads it",
    ("events:PutEvents", "bus"): "have the Optimizer look at a run; what it does is decided by what is recorded",
    ("sqs:SendMessage", "dead letters"): "have an operator who replays look at a run",
    (
        "states:StartExecution",
        "executions",
    ): "**start runs and checks: all that this table says of the functions they call**",
    ("states:DescribeExecution", "executions"): "read what runs were asked for, payloads given inline included",
    ("states:StopExecution", "executions"): "end runs; each is cleaned up after",
    ("cloudformation:ListStackResources", "all stacks"): "know the resources of every stack of the account",
    ("codedeploy:ListDeploymentTargets", "all of the account"): "know what every deployment shifted",
    ("codedeploy:BatchGetDeploymentTargets", "all of the account"): "the same",
    ("cloudwatch:GetMetricData", "all of the account"): "know what CloudWatch measures of everything in the account",
    ("logs:FilterLogEvents", "logs of targets"): "read all that a target logs",
    ("logs:CreateLogDelivery", "all of the account"): "send the logs of a service somewhere",
    ("logs:UpdateLogDelivery", "all of the account"): "send them elsewhere",
    (
        "logs:DeleteLogDelivery",
        "all of the account",
    ): "**end the log delivery of other services of the account**; Step Functions asks for this of whoever logs",
    (
        "logs:PutResourcePolicy",
        "all of the account",
    ): "**let a service write to any log group of the account**; as above",
    ("logs:GetLogDelivery", "all of the account"): "know of log deliveries",
    ("logs:ListLogDeliveries", "all of the account"): "the same",
    ("logs:DescribeResourcePolicies", "all of the account"): "know who may write to log groups",
    ("logs:DescribeLogGroups", "all of the account"): "know the log groups",
}


def table(path: Path) -> str:
    """Return a table in Markdown: each permission, on what, who has it from which mode on, and what it amounts to.

    Raises:
        KeyError: a permission of the template has no row in POWERS.
    """
    template = Template.read(path)
    first: dict[tuple[str, str], dict[str, str]] = {}
    for mode in MODES:
        for held in _held(granted(template, EVERYTHING | {"mode": mode})):
            first.setdefault(held[:2], {}).setdefault(held[2], mode)
    lines = ["| permission | on | who (from which mode on) | amounts to |\n|---|---|---|---|\n"]
    if missing := first.keys() - POWERS.keys():
        raise KeyError(f"What do these amount to? {sorted(missing)}")
    for (action, place), power in POWERS.items():
        if holders := first.get((action, place)):
            lines.append(f"| `{action}` | {place} | {_who(holders)} | {power} |\n")
    return "".join(lines)


def held_by_all(template: Template) -> set[tuple[str, str]]:
    """Return each permission that some mode and some parameter grants, and on what."""
    return {held[:2] for mode in MODES for held in _held(granted(template, EVERYTHING | {"mode": mode}))}


def _held(grants: Iterable[Grant]) -> list[tuple[str, str, str]]:
    """Return action, place and holder."""
    return [
        (grant.action, place, grant.who.removesuffix("Function").replace("StateMachine", " (state machine)"))
        for grant in grants
        for place in dict.fromkeys(_place(resource) for resource in grant.resources)
    ]


def _place(resource: str) -> str:
    if resource in _PLACES:
        return _PLACES[resource]
    if resource.endswith("Function.Arn}"):
        return OWN_FUNCTIONS
    return next(place for begin, place in _PLACES.items() if begin != "*" and resource.startswith(begin))


def _who(holders: Mapping[str, str]) -> str:
    by_mode: dict[str, list[str]] = {}
    for who, mode in holders.items():
        by_mode.setdefault(mode, []).append(who)
    return "; ".join(f"{', '.join(whos)} ({mode})" for mode, whos in by_mode.items())
