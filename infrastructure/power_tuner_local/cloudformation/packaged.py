"""Templates whose code lies in S3, as CloudFormation itself expands them."""

import json
from typing import TYPE_CHECKING, Any

from moto.cloudformation.exceptions import ValidationError
from samtranslator.model.exceptions import InvalidDocumentException

from power_tuner_local.cloudformation import sam, template_checks
from power_tuner_local.cloudformation.template_values import references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.gateway.endpoint import Endpoint


class TransformFailed(Exception):
    """A template cannot be expanded; the message is that of the change set."""


def has_transform(document: "Mapping[str, Any]") -> bool:
    """Return whether a template names a transform."""
    return bool(document.get("Transform"))


def process(document: dict[str, Any], parameters: "Mapping[str, str]", endpoint: "Endpoint") -> dict[str, Any]:
    """Return the template that is deployed: without transforms, with the definitions of state machines in it.

    Raises:
        TransformFailed: It cannot be expanded.
        ValidationError: It refers to what it does not have.
    """
    transforms = document.get("Transform") or []
    for name in transforms if isinstance(transforms, list) else [transforms]:
        if name != sam.TRANSFORM:
            raise TransformFailed(f"No transform named {name} found.")
    processed = json.loads(json.dumps(document, default=str))
    if transforms:
        try:
            processed = sam.translate(processed, parameters, endpoint.region)
        except InvalidDocumentException as error:
            raise TransformFailed(f"Transform {sam.TRANSFORM} failed with: {error.message}") from None
        processed.pop("Transform", None)
    named = (name for body in processed["Resources"].values() for name, _ in references(body.get("Properties", {})))
    template_checks.check_references(processed, named)
    for body in processed["Resources"].values():
        if body["Type"] == "AWS::StepFunctions::StateMachine":
            _fetch_definition(body.setdefault("Properties", {}), endpoint)
            sam.substitute_definition(body["Properties"])
    return dict(processed)


def expanded(template: str, parameters: Any, endpoint: "Endpoint") -> str:
    """Return a template for moto: as it is, unless it has transforms or definitions in S3.

    Raises:
        TransformFailed: It cannot be expanded.
    """
    if "Transform" not in template and "DefinitionS3Location" not in template:
        return template
    given = parameters if isinstance(parameters, dict) else {}
    return json.dumps(process(template_checks.parse(template), given, endpoint))


def read_template(url: str, endpoint: "Endpoint") -> str:
    """Return the template at an address in S3.

    Raises:
        ValidationError: It is no address in S3, or nothing is there.
    """
    address = sam.s3_address(url)
    if address is None:
        raise ValidationError(message="TemplateURL must be a supported URL.")
    return _read(*address, endpoint)


def _fetch_definition(properties: dict[str, Any], endpoint: "Endpoint") -> None:
    location = properties.pop("DefinitionS3Location", None)
    if location is not None:
        properties["Definition"] = json.loads(_read(location["Bucket"], location["Key"], endpoint))


def _read(bucket: str, key: str, endpoint: "Endpoint") -> str:
    s3 = endpoint.client("s3")
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        raise ValidationError(message=f"S3 error: {error.response['Error']['Message']}") from None
    return body.decode()
