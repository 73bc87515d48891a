"""What CloudFormation refuses about templates and parameters before it makes a change set, in its words."""

import re
from typing import TYPE_CHECKING, Any

from moto.cloudformation.exceptions import ValidationError
from moto.core.exceptions import ServiceException
from yaml import YAMLError

from power_tuner_local.cloudformation import template_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from power_tuner_local.gateway.endpoint import Endpoint

_MAX_BODY_BYTES = 51_200
_NAMED_BY = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
# Named, or not, they ask for CAPABILITY_IAM only.
_UNNAMED = frozenset({"AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition"})


class InsufficientCapabilities(ServiceException):
    """A template needs a capability that the request does not have."""

    code = "InsufficientCapabilitiesException"


def parse(text: str) -> dict[str, Any]:
    """Return the document of a template.

    Raises:
        ValidationError: It is not a template.
    """
    try:
        document = template_text.read(text)
    except YAMLError:
        raise ValidationError(message="Template format error: YAML not well-formed.") from None
    if not isinstance(document, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    resources = document.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise ValidationError(message="Template format error: At least one Resources member must be defined.")
    for name, body in resources.items():
        if not isinstance(body, dict) or "Type" not in body:
            raise ValidationError(
                message=f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
            )
    return document


def check_size(body: str) -> None:
    """Check that a template that is part of the request is small enough.

    Raises:
        ValidationError: It is not: it has to lie in S3.
    """
    if len(body.encode()) > _MAX_BODY_BYTES:
        raise ValidationError(
            message=f"1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MAX_BODY_BYTES}"
        )


def check_references(document: "Mapping[str, Any]", references: "Iterable[str]") -> None:
    """Check that what the resources refer to exists.

    Raises:
        ValidationError: It does not.
    """
    known = document["Resources"].keys() | document.get("Parameters", {}).keys()
    unknown = sorted({name for name in references if name not in known and not name.startswith("AWS::")})
    if unknown:
        raise ValidationError(
            message=f"Template format error: Unresolved resource dependencies [{', '.join(unknown)}] in the Resources "
            "block of the template"
        )


def missing_capability(document: "Mapping[str, Any]", capabilities: "Sequence[str]") -> str | None:
    """Return the capability that a template needs and the request lacks."""
    for body in document["Resources"].values():
        kind, properties = body["Type"], body.get("Properties", {})
        named = _NAMED_BY.get(kind) in properties
        if named and "CAPABILITY_NAMED_IAM" not in capabilities:
            return "CAPABILITY_NAMED_IAM"
        needed = kind in _NAMED_BY or kind in _UNNAMED
        if needed and not {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} & set(capabilities):
            return "CAPABILITY_IAM"
    return None


def parameter_values(
    document: "Mapping[str, Any]", given: "Sequence[Mapping[str, Any]]", previous: "Mapping[str, str]"
) -> dict[str, str]:
    """Return the values of a request's parameters; those without one keep the template's default.

    Raises:
        ValidationError: A value is missing, not allowed, or for no parameter.
    """
    declared: Mapping[str, Any] = document.get("Parameters", {})
    values: dict[str, str] = {}
    for each in given:
        key = each["ParameterKey"]
        if each.get("UsePreviousValue"):
            if each.get("ParameterValue"):
                raise ValidationError(
                    message=f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true and "
                    "non empty value for a parameter"
                )
            if key not in previous:
                raise ValidationError(
                    message=f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a "
                    "parameter key not in the previous template"
                )
            values[key] = previous[key]
        else:
            values[key] = each.get("ParameterValue", "")
    if unknown := [key for key in values if key not in declared]:
        raise ValidationError(message=f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    if missing := [key for key, each in declared.items() if "Default" not in each and key not in values]:
        raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")
    for key, value in values.items():
        for broken in _broken(declared[key], value):
            words = declared[key].get("ConstraintDescription")
            detail = f"failed to satisfy constraint: {words}" if words else broken
            raise ValidationError(message=f"Parameter '{key}' {detail}")
    return values


def check_stored(document: "Mapping[str, Any]", values: "Mapping[str, str]", endpoint: "Endpoint") -> None:
    """Check that the parameters whose values are in Systems Manager are there.

    Raises:
        ValidationError: They are not.
    """
    names = {
        values.get(key, str(each.get("Default", "")))
        for key, each in document.get("Parameters", {}).items()
        if str(each.get("Type")).startswith("AWS::SSM::Parameter::Value")
    }
    if names and (missing := endpoint.client("ssm").get_parameters(Names=sorted(names))["InvalidParameters"]):
        raise ValidationError(
            message=f"Unable to fetch parameters [{','.join(missing)}] from parameter store for this account."
        )


def _broken(parameter: "Mapping[str, Any]", value: str) -> "Iterator[str]":
    """Yield what a value violates, in the words that follow the parameter's name."""
    kind = parameter.get("Type", "String")
    parts = value.split(",") if kind == "CommaDelimitedList" or kind.startswith("List<") else [value]
    allowed = [str(each) for each in parameter.get("AllowedValues", ())]
    if allowed and any(part.strip() not in allowed for part in parts):
        yield "must be one of AllowedValues"
    if kind == "Number":
        number = _number(value)
        if number is None:
            yield "must be a number"
            return
        if "MinValue" in parameter and number < float(parameter["MinValue"]):
            yield f"must be a number not less than {parameter['MinValue']}"
        if "MaxValue" in parameter and number > float(parameter["MaxValue"]):
            yield f"must be a number not greater than {parameter['MaxValue']}"
    if "MaxLength" in parameter and len(value) > int(parameter["MaxLength"]):
        yield f"must contain at most {parameter['MaxLength']} characters"
    if "MinLength" in parameter and len(value) < int(parameter["MinLength"]):
        yield f"must contain at least {parameter['MinLength']} characters"
    pattern = parameter.get("AllowedPattern")
    if pattern and any(re.fullmatch(pattern, part) is None for part in parts):
        yield f"must match pattern {pattern}"


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
