"""The local AWS: this template, real handlers and real targets on one machine."""

from typing import TYPE_CHECKING, Any

from power_tuner_local.background import connect, stop
from power_tuner_local.cloudformation.deployment import DeploymentError, Stack
from power_tuner_local.connection import LocalAwsConnection

if TYPE_CHECKING:
    from power_tuner_local.local_aws import LocalAws

__all__ = ["DeploymentError", "LocalAws", "LocalAwsConnection", "Stack", "connect", "stop"]


def __getattr__(name: str) -> Any:
    """Import `LocalAws` when it is first used: moto takes seconds, and a connection needs none of it."""
    if name == "LocalAws":
        from power_tuner_local.local_aws import LocalAws  # noqa: PLC0415

        return LocalAws
    raise AttributeError(name)
