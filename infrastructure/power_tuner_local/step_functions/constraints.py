"""The constraints of the API's model (lengths, ranges, enumerations), which AWS checks before anything else."""

import functools
from typing import TYPE_CHECKING, Any

import botocore.session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import ServiceModel, Shape

# AWS lists these values in an order of its own.
_ENUM_ORDER = {"ExecutionStatus": ("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING")}


def violation(action: str, parameters: dict[str, Any]) -> str | None:
    """Return AWS's message about the parameters that break a constraint; None if all are valid.

    >>> violation("ListExecutions", {"maxResults": 1001})
    "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: \
Member must have value less than or equal to 1000"
    """
    model = _model()
    shape = model.operation_model(action).input_shape if action in model.operation_names else None
    if shape is None:
        return None
    failed = [
        f"{_value(member, parameters.get(name))} at '{name}' failed to satisfy constraint: Member must {rule}"
        for name, member in shape.members.items()
        for rule in _broken(member, parameters.get(name), required=name in shape.required_members)
    ]
    plural = "s" if len(failed) > 1 else ""
    return f"{len(failed)} validation error{plural} detected: {'; '.join(failed)}" if failed else None


@functools.cache
def _model() -> "ServiceModel":
    return botocore.session.get_session().get_service_model("stepfunctions")


def _value(shape: "Shape", value: Any) -> str:
    if value is None:
        return "Value null"
    return "Value" if shape.metadata.get("sensitive") else f"Value '{value}'"


def _broken(shape: "Shape", value: Any, *, required: bool) -> "Iterator[str]":
    """Yield the constraints that a value breaks."""
    if value is None:
        if required:
            yield "not be null"
        return
    measured = {"string": "length", "integer": "value"}.get(shape.type_name)
    size = len(value) if isinstance(value, str) else value
    if measured is None or not isinstance(size, int):
        return
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"have {measured} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"have {measured} less than or equal to {most}"
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"satisfy enum value set: [{', '.join(_ENUM_ORDER.get(shape.name, allowed))}]"
