"""The local AWS: this template, real handlers and real targets on one machine."""

from power_tuner_local.connection import LocalAwsConnection
from power_tuner_local.deployment import DeploymentError, Stack
from power_tuner_local.local_aws import LocalAws

__all__ = ["DeploymentError", "LocalAws", "LocalAwsConnection", "Stack"]
