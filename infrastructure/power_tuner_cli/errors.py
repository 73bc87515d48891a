"""Errors that end a command with a message instead of a traceback."""

import sys

from power_tuner_cli.exit_codes import ExitCode


class CliError(Exception):
    """A command cannot continue.

    Attributes:
        message: What was wrong, in which input, and what to do.
        exit_code: The exit code of the command.
    """

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.BAD_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


def explain_aws_error(error: Exception) -> CliError | None:
    """Return the error for people that an error of the AWS SDK stands for; None if it is no error of the SDK."""
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
        return "No AWS region is set: give --region, or set AWS_REGION or the region of your AWS profile"
    if name == "ProfileNotFound":
        return "There is no such AWS profile: check --profile and AWS_PROFILE"
    if name in {"NoCredentialsError", "PartialCredentialsError"}:
        return "No AWS credentials were found: give --profile, or sign in first"
    return "AWS could not be reached: check --region, --endpoint-url and the network"
