"""Parse what people call a function: a name, a full ARN, with or without a qualifier."""

import re
from dataclasses import dataclass

_NAME = r"[a-zA-Z0-9-_]{1,140}"
_QUALIFIER = r"\$LATEST|[a-zA-Z0-9-_]{1,128}"
_ARN = re.compile(
    rf"arn:(?P<partition>aws[a-z-]*):lambda:(?P<region>[a-z]{{2,4}}(?:-[a-z]+)+-\d):(?P<account>\d{{12}})"
    rf":function:(?P<name>{_NAME})(?::(?P<qualifier>{_QUALIFIER}))?",
    re.ASCII,
)
_PARTIAL_ARN = re.compile(
    rf"(?P<account>\d{{12}}):function:(?P<name>{_NAME})(?::(?P<qualifier>{_QUALIFIER}))?", re.ASCII
)
_BARE_NAME = re.compile(rf"(?P<name>{_NAME})(?::(?P<qualifier>{_QUALIFIER}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """What a person wrote to name a function.

    Attributes:
        unqualified: the reference without its qualifier, as the Lambda API accepts it.
        name: the bare function name.
        region: the region the ARN names, None for a bare name (then the app's own region is meant).
        qualifier: a version number or an alias, None when absent or ``$LATEST``.
    """

    unqualified: str
    name: str
    region: str | None
    qualifier: str | None


def parse_function_reference(text: str) -> FunctionReference | None:
    """Parse a function name, partial ARN or ARN; None when it is none of them.

    Source of the patterns: the FunctionName parameter of the Lambda API.
    """
    for pattern in (_ARN, _PARTIAL_ARN, _BARE_NAME):
        match = pattern.fullmatch(text)
        if match:
            groups = match.groupdict()
            qualifier = groups["qualifier"]
            unqualified = text.removesuffix(f":{qualifier}") if qualifier else text
            return FunctionReference(
                unqualified=unqualified,
                name=groups["name"],
                region=groups.get("region"),
                qualifier=None if qualifier == "$LATEST" else qualifier,
            )
    return None


def canonical_arn(reference: FunctionReference, *, like: str) -> str:
    """Return the function's unqualified ARN; what a bare name leaves open is taken from another ARN.

    Args:
        reference: what a person wrote.
        like: the ARN of something in the app's own account and region.
    """
    if reference.region is not None:
        return reference.unqualified
    _, partition, _, region, account, *_ = like.split(":")
    if ":" in reference.unqualified:
        account = reference.unqualified.split(":", maxsplit=1)[0]
    return f"arn:{partition}:lambda:{region}:{account}:function:{reference.name}"


def name_of(function: str) -> str:
    """Return a function's bare name, however it is written; what names no function is returned as it is."""
    reference = parse_function_reference(function)
    return reference.name if reference else function


def region_of(arn: str) -> str:
    """Return the region that an ARN names."""
    return arn.split(":")[3]
