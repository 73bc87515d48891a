import pytest

from world import World


@pytest.fixture
def world() -> World:
    """An account with one target at 1024 MB."""
    return World()
