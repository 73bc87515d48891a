"""The parameters of SSM's Parameter Store that infrastructure as code reads."""

from botocore.exceptions import ClientError

from power_tuner.aws.clients import Client
from power_tuner.ports import ParameterRefused

_REFUSED = frozenset({"AccessDeniedException", "ValidationException", "ParameterPatternMismatchException"})


class SsmParameters:
    """Parameter Store over boto3.

    Args:
        client: of boto3.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, name: str) -> str | None:
        """Return a parameter's value, None if it does not exist; ParameterRefused if the app may not read it."""
        client = self._client
        try:
            return str(client.get_parameter(Name=name)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            return None
        except ClientError as error:
            raise _translated(error, name) from error

    def put(self, name: str, value: str) -> None:
        """Set a parameter, creating it if needed; ParameterRefused if the app may not."""
        try:
            self._client.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
        except ClientError as error:
            raise _translated(error, name) from error

    def delete(self, name: str) -> None:
        """Delete a parameter, if it exists."""
        client = self._client
        try:
            client.delete_parameter(Name=name)
        except client.exceptions.ParameterNotFound:
            return


def _translated(error: ClientError, name: str) -> Exception:
    if error.response["Error"]["Code"] not in _REFUSED:
        return error
    return ParameterRefused(
        f"the parameter {name} cannot be used: {error.response['Error'].get('Message', error)}. Its name has to begin "
        "with the stack's ssmParameterPrefix."
    )
