"""Access keys that the emulated STS and IAM hand out, and the roles that they are for."""

from typing import TYPE_CHECKING

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

if TYPE_CHECKING:
    from collections.abc import Callable


def issued_by(account_id: str) -> "Callable[[str], bool]":
    """Return a function that tells whether STS or IAM of an account handed out an access key."""

    def issued(access_key: str) -> bool:
        return (
            assumed_role(account_id, access_key) is not None
            or iam_backends[account_id]["aws"].get_user_from_access_key_id(access_key) is not None
        )

    return issued


def assumed_role(account_id: str, access_key: str) -> str | None:
    """Return the name of the role that an access key was issued for; None for other keys."""
    role = sts_backends[account_id]["aws"].get_assumed_role_from_access_key(access_key)
    return None if role is None else role.role_arn.rpartition("/")[2]
