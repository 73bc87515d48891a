"""The local AWS: deploys the template and runs its real handlers and targets on this machine."""

from typing import TYPE_CHECKING, Any

from power_tuner_local.background import connect, stop
from power_tuner_local.cloudformation.deployment import DeploymentError, Stack, StillUsedError
from power_tuner_local.connection import LocalAwsConnection

if TYPE_CHECKING:
    from power_tuner_local.local_aws import LocalAws

__all__ = ["DeploymentError", "LocalAws", "LocalAwsConnection", "Stack", "StillUsedError", "connect", "stop"]


def __getattr__(name: str) -> Any:
    """Import `LocalAws` on first use: it imports moto, which takes seconds; a connection does not."""
    if name == "LocalAws":
        from power_tuner_local.moto_patches import imported_fast  # noqa: PLC0415

        with imported_fast():
            from power_tuner_local.local_aws import LocalAws  # noqa: PLC0415

        return LocalAws
    raise AttributeError(name)
