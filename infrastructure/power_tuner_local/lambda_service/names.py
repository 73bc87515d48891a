"""Function names: plain, partial ARN or full ARN, with or without a qualifier."""

import re
from dataclasses import dataclass

from power_tuner_local.lambda_service.errors import (
    AccessDeniedError,
    InvalidParameterError,
    ResourceNotFoundError,
    ValidationError,
)

LATEST = "$LATEST"
_PATTERN = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[a-zA-Z0-9-_.]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
_CONSTRAINT = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function of this account and region, with a version or alias if one was given."""

    name: str
    qualifier: str | None = None

    @property
    def is_latest(self) -> bool:
        """Return whether this refers to $LATEST."""
        return self.qualifier in {None, LATEST}


def read_function_name(text: str, qualifier: str | None = None) -> FunctionName:
    """Parse a function's name in any form that the API accepts.

    Args:
        text: A name, a partial ARN (`123456789012:name`, `name:alias`) or an ARN.
        qualifier: The request's separate qualifier, if it has one.

    Raises:
        ValidationError: The text is not a function name.
        InvalidParameterError: The text and the request have different qualifiers.
    """
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise ValidationError(
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_CONSTRAINT}"
        )
    inner = found["qualifier"]
    if inner and qualifier and inner != qualifier:
        raise InvalidParameterError(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return FunctionName(found["name"], inner or qualifier or None)


def require_own(text: str, *, region: str, account_id: str) -> None:
    """Refuse the name of a function that belongs to another region or account.

    Raises:
        ResourceNotFoundError: The region is another.
        AccessDeniedError: The account is another.
    """
    found = _PATTERN.fullmatch(text)
    if found is None:
        return
    if found["region"] not in {None, region}:
        raise ResourceNotFoundError(f"Functions from '{found['region']}' are not reachable in this region ('{region}')")
    if found["account"] not in {None, account_id}:
        raise AccessDeniedError


def is_version(qualifier: str) -> bool:
    """Return whether a qualifier is a version number, not an alias."""
    return qualifier.isdigit()
