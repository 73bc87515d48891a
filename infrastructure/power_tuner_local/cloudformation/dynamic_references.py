"""Dynamic references of a template: values of Systems Manager and Secrets Manager, looked up as resources are made."""

import json
import re
from typing import TYPE_CHECKING, Any

from moto.cloudformation.exceptions import ValidationError

if TYPE_CHECKING:
    from power_tuner_local.gateway.endpoint import Endpoint

# One that still has a placeholder of Fn::Sub in it is none yet.
_REFERENCE = re.compile(r"\{\{resolve:(?P<service>[a-z-]+):(?P<key>[^{}$]+)\}\}")


def resolve(text: str, endpoint: "Endpoint") -> str:
    """Return a text with the values that it refers to.

    Raises:
        ValidationError: There is no such value.
    """
    return _REFERENCE.sub(lambda match: _value(match["service"], match["key"], endpoint), text)


def _value(service: str, key: str, endpoint: "Endpoint") -> str:
    if service == "ssm":
        return _parameter(key, endpoint)
    if service == "secretsmanager":
        return _secret(key, endpoint)
    if service == "ssm-secure":
        # It is for passwords of types that are not made here: databases, directories, users.
        raise ValidationError(message=f"SSM Secure reference is not supported in: [{key}]")
    raise ValidationError(message=f"Dynamic reference {service}:{key} names a service that has none.")


def _parameter(name: str, endpoint: "Endpoint") -> str:
    client = endpoint.client("ssm")
    try:
        value: str = client.get_parameter(Name=name)["Parameter"]["Value"]
    except client.exceptions.ClientError:
        raise ValidationError(message=f"Parameters: [ssm:{name}] cannot be found.") from None
    return value


def _secret(key: str, endpoint: "Endpoint") -> str:
    name, _, rest = key.partition(":SecretString")
    field, stage, version = [*rest.removeprefix(":").split(":"), "", ""][:3]
    chosen = {name: value for name, value in (("VersionStage", stage), ("VersionId", version)) if value}
    client = endpoint.client("secretsmanager")
    try:
        text: str = client.get_secret_value(SecretId=name, **chosen)["SecretString"]
    except (client.exceptions.ClientError, KeyError):
        raise ValidationError(message=f"Secrets Manager can't find the specified secret: {name}") from None
    if not field:
        return text
    found = _fields(text).get(field)
    if found is None:
        raise ValidationError(message=f"Could not find a value associated with JSONKey in SecretString: {name}:{field}")
    return found if isinstance(found, str) else json.dumps(found)


def _fields(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
