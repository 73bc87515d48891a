"""The local Lambda service: the control plane with AWS's states and conflicts, and functions in child processes."""

from power_tuner_local.lambda_service.errors import LambdaApiError
from power_tuner_local.lambda_service.options import LambdaOptions
from power_tuner_local.lambda_service.service import LambdaService

__all__ = ["LambdaApiError", "LambdaOptions", "LambdaService"]
