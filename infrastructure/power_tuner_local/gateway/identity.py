"""Caller identity: the access keys of one local AWS, each for the operator or for a role."""

import hmac
import re
import secrets

_OPERATOR, _ROLE = "LOCAL", "ROLE"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.@+-]")
_PROOF_CHARACTERS = 32


class Keyring:
    """Makes and checks the access key ids of one local AWS; without its secret nobody can make one.

    The operator, the person who runs the local AWS, may do everything. A role's key proves that role only, so that code
    in a sandbox cannot act as another role or as the operator.

    Args:
        secret: Shared by the server and its clients; a new one if it is left out.
    """

    def __init__(self, secret: str | None = None) -> None:
        self.secret = secret or secrets.token_hex(32)

    @property
    def operator_key(self) -> str:
        """Return the operator's access key id."""
        return f"{_OPERATOR}.{self._proof(_OPERATOR)}"

    def role_key(self, role_arn: str) -> str:
        """Return the access key id of code that runs as a role.

        >>> Keyring().role_key("arn:aws:iam::123456789012:role/power-tuner-executor").endswith(".power-tuner-executor")
        True
        """
        role = _UNSAFE.sub("-", role_arn.rpartition("/")[2])
        return f"{_ROLE}.{self._proof(_ROLE, role)}.{role}"

    def knows(self, access_key: str) -> bool:
        """Return whether this keyring made an access key id; it takes as long for a wrong one."""
        role = role_of(access_key)
        right = self.operator_key if role is None else self.role_key(role)
        return hmac.compare_digest(access_key.encode(), right.encode())

    def _proof(self, *holder: str) -> str:
        return hmac.digest(self.secret.encode(), "\0".join(holder).encode(), "sha256").hex()[:_PROOF_CHARACTERS]


def role_of(access_key: str) -> str | None:
    """Return the name of the role in an access key id of a keyring; None if it is not a role's.

    >>> role_of("ROLE.0123456789abcdef.power-tuner-executor")
    'power-tuner-executor'
    """
    match access_key.split(".", 2):
        case [kind, _, role] if kind == _ROLE:
            return role
    return None
