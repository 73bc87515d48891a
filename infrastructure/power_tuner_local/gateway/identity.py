"""Caller identity: on the local AWS an access key id contains the name of its role."""

import re

_PREFIX = "ROLE."
_UNSAFE = re.compile(r"[^A-Za-z0-9_.@+-]")
OPERATOR_ACCESS_KEY = "LOCALOPERATOR"
"""The key of the operator, the person who runs the local AWS: it may do everything."""


def access_key_of(role_arn: str) -> str:
    """Return the access key id of code that runs as a role.

    >>> access_key_of("arn:aws:iam::123456789012:role/power-tuner-executor")
    'ROLE.power-tuner-executor'
    """
    return _PREFIX + _UNSAFE.sub("-", role_arn.rpartition("/")[2])


def role_of(access_key: str) -> str | None:
    """Return the name of the role that an access key id belongs to; None for the operator.

    >>> role_of("ROLE.power-tuner-executor")
    'power-tuner-executor'
    """
    return access_key.removeprefix(_PREFIX) if access_key.startswith(_PREFIX) else None
