"""What a command says to people when it cannot go on: never a traceback."""

import sys

from power_tuner_cli.exit_codes import ExitCode


class CliError(Exception):
    """A command cannot go on.

    Attributes:
        message: What was wrong, in which input, and what to do.
        exit_code: What a pipeline is told.
    """

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.BAD_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


def explain_aws_error(error: Exception) -> CliError | None:
    """Turn an error of the AWS SDK into one for people; None if it is something else."""
    exceptions = sys.modules.get("botocore.exceptions")
    if exceptions is None:
        return None
    if isinstance(error, exceptions.ClientError):
        code = error.response.get("Error", {}).get("Code", "Unknown")
        message = error.response.get("Error", {}).get("Message", "")
        return CliError(f"AWS refused {error.operation_name}: {code}: {message}", ExitCode.UNREACHABLE)
    if isinstance(error, exceptions.BotoCoreError):
        return CliError(f"{_advice(type(error).__name__)} ({error})", ExitCode.UNREACHABLE)
    return None


def _advice(name: str) -> str:
    if name == "NoRegionError":
        return "No region is set: give --region or set AWS_REGION"
    if name in {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}:
        return "No AWS credentials were found: give --profile or sign in first"
    return "AWS could not be reached: check --region, --endpoint-url and the network"
