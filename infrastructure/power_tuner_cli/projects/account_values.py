"""Values that a template takes from the account's Systems Manager and Secrets Manager, given for the local AWS."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from power_tuner_cli.errors import CliError

if TYPE_CHECKING:
    from power_tuner_local import LocalAwsConnection

_SSM, _SECRETS = "ssm:", "secretsmanager:"
_FIELD = ":SecretString:"
# What follows the field are the stage and the version of the secret.
_REFERENCE = re.compile(
    r"\{\{resolve:(ssm:[^{}]+|secretsmanager:(?:(?!:SecretString)[^{}])+(?::SecretString:[^{}:]+)?)"
)
_VERSION = re.compile(r"(?P<name>[^:]+):(?P<version>\d+)")
_MAX_VERSION = 100


def account_values(given: Mapping[str, str]) -> dict[str, str]:
    """Return those of the values of --parameter options that an account would have."""
    return {key: value for key, value in given.items() if key.startswith((_SSM, _SECRETS))}


def store_account_values(aws: "LocalAwsConnection", values: Mapping[str, str]) -> None:
    """Give the local AWS parameters and secrets.

    Raises:
        CliError: One is none that AWS would have.
    """
    from botocore.exceptions import ClientError

    for key, value in values.items():
        try:
            if key.startswith(_SSM):
                _store_parameter(aws.client("ssm"), key.removeprefix(_SSM), value)
            else:
                _store_secret(aws.client("secretsmanager"), key.removeprefix(_SECRETS), value)
        except ClientError as error:
            raise CliError(f"--parameter {key}: {error.response['Error']['Message']}") from None


def missing_account_values(document: Mapping[str, Any], given: Mapping[str, str]) -> list[str]:
    """Return the options that give what a template takes from the account and does not make itself."""
    wanted = {match[1]: None for text in _texts(document) for match in _REFERENCE.finditer(text)}
    named = (each.get("Properties", {}).get("Name") for each in document["Resources"].values())
    made = {name for name in named if isinstance(name, str)}
    return [
        f"--parameter {shlex.quote(name)}=VALUE"
        for name in wanted
        if "$" not in name and name not in given and name.split(":")[1] not in made
    ]


def _store_parameter(client: Any, key: str, value: str) -> None:
    match = _VERSION.fullmatch(key)
    name, version = (match["name"], int(match["version"])) if match else (key, 1)
    if version > _MAX_VERSION:
        raise CliError(f"--parameter {_SSM}{key}: give a version up to {_MAX_VERSION}, or none.")
    client.delete_parameters(Names=[name])
    for _ in range(version):
        client.put_parameter(Name=name, Type="String", Value=value, Overwrite=True)


def _store_secret(client: Any, key: str, value: str) -> None:
    name, is_field, field = key.partition(_FIELD)
    try:
        before = client.get_secret_value(SecretId=name)["SecretString"]
    except client.exceptions.ResourceNotFoundException:
        client.create_secret(Name=name, SecretString=json.dumps({field: value}) if is_field else value)
        return
    if is_field:
        value = json.dumps({**_fields(before), field: value})
    client.put_secret_value(SecretId=name, SecretString=value)


def _fields(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _texts(each)
