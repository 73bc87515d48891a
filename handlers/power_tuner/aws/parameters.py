"""The parameters of SSM's Parameter Store that infrastructure as code reads."""

from collections.abc import Callable
from typing import Any


class SsmParameters:
    """Parameter Store over boto3.

    Args:
        client: makes the client, when it is first needed.
    """

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client

    def get(self, name: str) -> str | None:
        """Return a parameter's value, None when there is none."""
        client = self._client()
        try:
            return str(client.get_parameter(Name=name)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            return None

    def put(self, name: str, value: str) -> str | None:
        """Set a parameter, creating it if need be; returns the value it had before."""
        before = self.get(name)
        if before != value:
            self._client().put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
        return before

    def delete(self, name: str) -> None:
        """Delete a parameter; that it is gone already is fine."""
        client = self._client()
        try:
            client.delete_parameter(Name=name)
        except client.exceptions.ParameterNotFound:
            return
