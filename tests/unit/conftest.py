"""Unit tests touch no network: an attempt to connect fails the test."""

import socket
from typing import Any, NoReturn

import pytest

from world import World


@pytest.fixture(autouse=True)
def closed_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_socket: socket.socket, address: Any) -> NoReturn:
        raise AssertionError(f"a unit test tried to connect to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.fixture
def world() -> World:
    """An account with one target at 1024 MB."""
    return World()
