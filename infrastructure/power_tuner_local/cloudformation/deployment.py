"""Deploys stacks and functions through AWS's own APIs."""

import contextlib
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import botocore.exceptions
from botocore.config import Config

from power_tuner_local.cloudformation.deployment_packages import digest, zip_folder
from power_tuner_local.cloudformation.kept_functions import used_by_kept, with_functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from power_tuner_local.gateway.endpoint import Endpoint

_CODE_BUCKET = "local-aws-deployments"
_ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=300)
_NOTHING_TO_DO = ("No updates are to be performed", "didn't contain changes")
_WAIT = {"Delay": 0.1, "MaxAttempts": 600}
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
)
_ANY_ACTION = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


class DeploymentError(Exception):
    """A stack could not be created or updated.

    Attributes:
        reasons: Why, in the words of CloudFormation, of SAM and of the services.
    """

    def __init__(self, message: str, reasons: "Sequence[str]" = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)


class StillUsedError(DeploymentError):
    """An update would replace what functions use that stay: `uses` has those by the resources. Nothing was changed."""

    def __init__(self, uses: "Mapping[str, str]") -> None:
        super().__init__("; ".join(f"{name} would be replaced, and {uses[name]} uses what is in it" for name in uses))
        self.uses = uses


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack.

    Attributes:
        name: The stack's name.
        outputs: The values of the template's outputs.
    """

    name: str
    outputs: "Mapping[str, str]"


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function's configuration, without its code.

    Attributes:
        may_use_aws: Whether its role may do whatever the local AWS can; otherwise it may do nothing.
    """

    name: str
    handler: str
    memory_mb: int
    timeout_s: int
    environment: dict[str, str] = field(default_factory=dict)
    architecture: str = "arm64"
    runtime: str = "python3.13"
    log_format: str = "Text"
    reserved_concurrency: int | None = None
    may_use_aws: bool = False


def deploy(endpoint: "Endpoint", template: "Path", *, stack_name: str, parameters: "Mapping[str, str]") -> Stack:
    """Create or update a stack from a SAM or CloudFormation template.

    Raises:
        DeploymentError: CloudFormation rejected the stack or failed; the message has the reasons.
    """
    from power_tuner_local.cloudformation import sam  # noqa: PLC0415 (the translator takes a second to import)

    body = json.dumps(sam.expand(template, parameters, endpoint.region, _uploader(endpoint, stack_name)))
    return _put(endpoint, body, f"of {template}", stack_name=stack_name, parameters=parameters)


def deploy_document(
    endpoint: "Endpoint",
    document: dict[str, Any],
    root: "Path",
    *,
    stack_name: str,
    parameters: "Mapping[str, str]",
    keep_functions: bool = False,
) -> Stack:
    """Create or update a stack from the document of a SAM or CloudFormation template.

    Args:
        endpoint: The local AWS to deploy to.
        document: The document; it is changed.
        root: Where its relative paths start.
        stack_name: The stack's name.
        parameters: The values of the template's parameters.
        keep_functions: Whether functions that the stack has and the document lacks stay, if they can.

    Raises:
        StillUsedError: What functions use that are kept would be replaced.
        DeploymentError: It could not be expanded, or CloudFormation rejected the stack; the message has the reasons.
    """
    from samtranslator.model.exceptions import InvalidDocumentException  # noqa: PLC0415 (the same)

    from power_tuner_local.cloudformation import sam  # noqa: PLC0415 (the same)

    try:
        expanded = sam.expand_document(document, root, parameters, endpoint.region, _uploader(endpoint, stack_name))
    except InvalidDocumentException as error:
        reasons = [str(cause.message) for cause in error.causes] or [str(error)]
        raise DeploymentError(f"SAM could not expand the template: {'; '.join(reasons)}", reasons) from None
    used: dict[str, str] = {}
    if keep_functions and (former := _former(endpoint, stack_name)):
        own = expanded["Resources"].keys()
        expanded = with_functions(expanded, *former)
        used = used_by_kept(expanded, own)
    body = json.dumps(expanded)
    return _put(endpoint, body, "that was given", stack_name=stack_name, parameters=parameters, used=used)


def _former(endpoint: "Endpoint", stack_name: str) -> tuple["Mapping[str, Any]", dict[str, str]] | None:
    """Return the template and the parameters' values of a stack; None if there is none."""
    cloudformation = endpoint.client("cloudformation")
    if (stack := _stack(cloudformation, stack_name)) is None:
        return None
    body = cloudformation.get_template(StackName=stack_name)["TemplateBody"]
    values = {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}
    return (json.loads(body) if isinstance(body, str) else body), values


def _uploader(endpoint: "Endpoint", stack_name: str) -> "Callable[[bytes], tuple[str, str]]":
    s3 = endpoint.client("s3")
    s3.create_bucket(Bucket=_CODE_BUCKET)

    def upload(content: bytes) -> tuple[str, str]:
        key = f"{stack_name}/{digest(content)}"
        s3.put_object(Bucket=_CODE_BUCKET, Key=key, Body=content)
        return _CODE_BUCKET, key

    return upload


def _put(
    endpoint: "Endpoint",
    body: str,
    origin: str,
    *,
    stack_name: str,
    parameters: "Mapping[str, str]",
    used: "Mapping[str, str] | None" = None,
) -> Stack:
    """Create or update a stack from a CloudFormation template, unless that replaces what is used."""
    cloudformation = endpoint.client("cloudformation", config=_ONCE)
    exists = _stack(cloudformation, stack_name) is not None
    request = {
        "StackName": stack_name,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        if exists:
            bucket, key = _uploader(endpoint, stack_name)(body.encode())
            address = f"https://{bucket}.s3.{endpoint.region}.amazonaws.com/{key}"
            if not _update(cloudformation, {**request, "TemplateURL": address}, used or {}):
                return _describe(cloudformation, stack_name)
        else:
            cloudformation.create_stack(**request, TemplateBody=body)
        waiter = cloudformation.get_waiter("stack_update_complete" if exists else "stack_create_complete")
        waiter.wait(StackName=stack_name, WaiterConfig=_WAIT)
    except (botocore.exceptions.ClientError, botocore.exceptions.WaiterError) as error:
        reasons = _failures(cloudformation, stack_name) or [str(error)]
        if not exists:
            with contextlib.suppress(botocore.exceptions.ClientError):
                cloudformation.delete_stack(StackName=stack_name)
        verb = "updated" if exists else "created"
        raise DeploymentError(
            f"the stack {stack_name} {origin} could not be {verb}: {'; '.join(reasons)}", reasons
        ) from error
    return _describe(cloudformation, stack_name)


def _update(cloudformation: Any, request: "Mapping[str, Any]", used: "Mapping[str, str]") -> bool:
    """Begin to update a stack by a change set, which is undone if it fails; return False if nothing changes."""
    made = cloudformation.create_change_set(**request, ChangeSetName=f"update-{uuid.uuid4()}", ChangeSetType="UPDATE")
    try:
        waiter = cloudformation.get_waiter("change_set_create_complete")
        waiter.wait(ChangeSetName=made["Id"], WaiterConfig=_WAIT)
    except botocore.exceptions.WaiterError as error:
        cloudformation.delete_change_set(ChangeSetName=made["Id"])
        reason = error.last_response.get("StatusReason", str(error))
        if any(words in reason for words in _NOTHING_TO_DO):
            return False
        raise DeploymentError(reason, [reason]) from error
    if lost := {name: used[name] for name in _replaced(cloudformation, made["Id"]) if name in used}:
        cloudformation.delete_change_set(ChangeSetName=made["Id"])
        raise StillUsedError(lost)
    cloudformation.execute_change_set(ChangeSetName=made["Id"])
    return True


def _replaced(cloudformation: Any, change_set: str) -> "Iterator[str]":
    """Yield the resources that a change set removes, or replaces by others."""
    pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
    for change in (each["ResourceChange"] for page in pages for each in page["Changes"]):
        if change["Action"] == "Remove" or change.get("Replacement", "False") != "False":
            yield change["LogicalResourceId"]


def _describe(cloudformation: Any, name: str) -> Stack:
    stack = _stack(cloudformation, name) or {}
    return Stack(name, {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])})


def _stack(cloudformation: Any, name: str) -> "Mapping[str, Any] | None":
    try:
        found: Mapping[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except botocore.exceptions.ClientError:
        return None
    return found


def _failures(cloudformation: Any, name: str) -> list[str]:
    """Return why resources failed in what was done last to a stack."""
    try:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    except botocore.exceptions.ClientError:
        return []
    begun = (number for number, event in enumerate(events) if event.get("ResourceStatusReason") == "User Initiated")
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events[: next(begun, len(events))]
        if event["ResourceStatus"].endswith("_FAILED")
    ]


def put_function(endpoint: "Endpoint", folder: "Path", spec: FunctionSpec) -> str:
    """Create or update a function with the code of a folder; return its ARN."""
    client = endpoint.client("lambda")
    code = zip_folder(folder)
    configuration: dict[str, Any] = {
        "Handler": spec.handler,
        "MemorySize": spec.memory_mb,
        "Timeout": spec.timeout_s,
        "Environment": {"Variables": spec.environment},
        "Runtime": spec.runtime,
        "Role": _role(endpoint, spec.name, may_use_aws=spec.may_use_aws),
        "LoggingConfig": {"LogFormat": spec.log_format},
    }
    try:
        client.get_function(FunctionName=spec.name)
    except client.exceptions.ResourceNotFoundException:
        created = client.create_function(
            FunctionName=spec.name, Code={"ZipFile": code}, Architectures=[spec.architecture], **configuration
        )
        arn: str = created["FunctionArn"]
        client.get_waiter("function_active_v2").wait(FunctionName=spec.name, WaiterConfig=_WAIT)
    else:
        waiter = client.get_waiter("function_updated_v2")
        client.update_function_code(FunctionName=spec.name, ZipFile=code, Architectures=[spec.architecture])
        waiter.wait(FunctionName=spec.name, WaiterConfig=_WAIT)
        arn = client.update_function_configuration(FunctionName=spec.name, **configuration)["FunctionArn"]
        waiter.wait(FunctionName=spec.name, WaiterConfig=_WAIT)
    if spec.reserved_concurrency is not None:
        client.put_function_concurrency(FunctionName=spec.name, ReservedConcurrentExecutions=spec.reserved_concurrency)
    return arn


def _role(endpoint: "Endpoint", function_name: str, *, may_use_aws: bool) -> str:
    """Return the ARN of a function's role; create the role if it does not exist."""
    iam = endpoint.client("iam")
    name = f"{function_name[:50]}-role"
    try:
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST)["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    if may_use_aws:
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=_ANY_ACTION)
    return arn
