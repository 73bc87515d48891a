"""The runtimes that Lambda accepts for new and updated functions."""

import functools
from typing import Any

import botocore.session

from power_tuner_local.lambda_service.errors import InvalidParameterError

_CURRENT = (
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "python3.10",
    "python3.11",
    "java21",
    "ruby3.3",
    "ruby3.4",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "java17",
    "nodejs16.x",
    "dotnet10",
    "dotnet8",
    "java11",
    "dotnet6",
    "nodejs18.x",
    "provided.al2",
    "java8.al2",
)
"""In the order of AWS's error message."""


def require_runtime(name: str) -> None:
    """Refuse a runtime that Lambda does not know, or no longer accepts.

    Raises:
        InvalidParameterError: It does not accept it.
    """
    if name in _CURRENT:
        return
    if name in _known():
        raise InvalidParameterError(
            f"The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
    raise InvalidParameterError(
        f"Value {name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{', '.join(_CURRENT)}] or be a valid ARN"
    )


@functools.cache
def _known() -> frozenset[str]:
    """Return all runtimes of botocore's model."""
    runtime: Any = botocore.session.get_session().get_service_model("lambda").shape_for("Runtime")
    return frozenset(runtime.enum)
