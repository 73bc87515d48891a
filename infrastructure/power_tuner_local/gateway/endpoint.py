"""The endpoint of a local AWS, and boto3 clients for it."""

import functools
import threading
from typing import Any

import boto3
from botocore.config import Config

from power_tuner_local.gateway.identity import Keyring

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
_creating = threading.Lock()
"""A boto3 session is not thread-safe; its clients are."""
_LOCAL = Config(proxies={}, s3={"addressing_style": "path"}, max_pool_connections=64)


class Endpoint:
    """The address of a local AWS.

    Attributes:
        endpoint_url: The address of all its services.
        region: The emulated region.
        account_id: The emulated account.
        keyring: The access keys that it accepts.
    """

    region = REGION
    account_id = ACCOUNT_ID

    def __init__(self, endpoint_url: str, keyring: Keyring) -> None:
        self.endpoint_url = endpoint_url
        self.keyring = keyring
        self._clients: dict[tuple[str, str, str], Any] = {}

    def client(
        self,
        service: str,
        *,
        region_name: str | None = None,
        config: Config | None = None,
        role: str | None = None,
    ) -> Any:
        """Return a boto3 client of a service; without settings of its own, the one that was made before.

        Args:
            service: The service, as boto3 names it.
            region_name: The client's region; the emulated one if None.
            config: The client's settings.
            role: The role that calls, by name or ARN; the operator if None.
        """
        access_key = self.keyring.role_key(role) if role else self.keyring.operator_key
        wanted = (service, region_name or self.region, access_key)
        with _creating:
            if config is not None:
                return self._create(*wanted, config)
            if wanted not in self._clients:
                self._clients[wanted] = self._create(*wanted, Config())
            return self._clients[wanted]

    def _create(self, service: str, region: str, access_key: str, config: Config) -> Any:
        return _session().client(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=access_key,
            aws_secret_access_key="local",  # noqa: S106 (the local AWS checks no signature)
            config=_LOCAL.merge(config),
        )


@functools.cache
def _session() -> Any:
    """Return the session of all clients, which reads each service's model once."""
    return boto3.Session()
