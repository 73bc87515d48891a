"""Clients with which the local AWS itself calls services on behalf of roles."""

import threading
from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from power_tuner_local.gateway.endpoint import Endpoint

_PATIENT = Config(
    parameter_validation=False,
    retries={"total_max_attempts": 1},
    read_timeout=99999999,
    max_pool_connections=1000,
)


class RoleClients:
    """One client per service and role, shared by all threads.

    They never retry, and wait as long as a task may take: retries and timeouts are up to the state machine or rule.
    """

    def __init__(self, endpoint: "Endpoint") -> None:
        self._endpoint = endpoint
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._lock = threading.Lock()

    def client_for(self, service: str, role_arn: str | None) -> Any:
        """Return a service's client for a role, or for the operator if there is none."""
        with self._lock:
            client = self._clients.get((service, role_arn))
            if client is None:
                client = self._endpoint.client(service, config=_PATIENT, role=role_arn)
                self._clients[service, role_arn] = client
        return client

    def close(self) -> None:
        """Close the clients' connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
