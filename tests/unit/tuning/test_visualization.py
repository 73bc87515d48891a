"""The link to the peer's viewer."""

import struct
from base64 import b64decode

import pytest

from power_tuner.tuning.strategies import Candidate
from power_tuner.tuning.visualization import visualization_url

# From the peer's documentation.
PEERS_URL = "https://lambda-power-tuning.show/#gAAAAQACAAQABsAL;ZooQR4yvkUa/pQRGRC5zRaADHUVjOftE;QdWhOEMkoziDT5Q4xhiIOMYYiDi6RNc4"


def decode(url: str) -> list[tuple[int, float, float]]:
    """Decode a link as the peer's viewer does: little-endian Int16 and Float32 arrays in base64."""
    memories_mb, durations, costs = (b64decode(part) for part in url.split("#", 1)[1].split(";"))
    return list(
        zip(
            struct.unpack(f"<{len(memories_mb) // 2}h", memories_mb),
            struct.unpack(f"<{len(durations) // 4}f", durations),
            struct.unpack(f"<{len(costs) // 4}f", costs),
            strict=True,
        )
    )


def test_the_peers_example_is_understood() -> None:
    """The decoder of this test reads what the peer wrote: six memory sizes, faster and dearer with memory."""
    decoded = decode(PEERS_URL)

    assert [128, 256, 512, 1024, 1536, 3008] == [memory_mb for memory_mb, _, _ in decoded]
    assert [37002, 18647, 8489, 3890, 2512, 2009] == [int(duration) for _, duration, _ in decoded]


def test_the_peers_example_is_written_alike() -> None:
    """The same numbers give the peer's link, byte for byte, in whatever order they come."""
    candidates = [Candidate(*point) for point in decode(PEERS_URL)]

    assert PEERS_URL == visualization_url(candidates[::-1], "https://lambda-power-tuning.show/")


def test_memory_sizes_beyond_16_bits_are_left_out() -> None:
    """The viewer reads Int16, which ends at 32,767; all else is shown."""
    candidates = [Candidate(32_767, 16.0, 2.0), Candidate(32_768, 8.0, 4.0), Candidate(512, 64.0, 1.0)]

    assert [(512, 64.0, 1.0), (32_767, 16.0, 2.0)] == decode(visualization_url(candidates, "https://viewer.example/"))


def test_another_viewer_can_be_used() -> None:
    """The address of the viewer is a setting."""

    assert "https://viewer.example/#" == visualization_url([], "https://viewer.example/")[:24]


@pytest.mark.parametrize(
    ("viewer", "currency", "begins"),
    [
        ("https://viewer.example/", "USD", "https://viewer.example/#"),
        ("https://viewer.example/", "CNY", "https://viewer.example/?currency=CNY#"),
        ("https://viewer.example/?team=a", "CNY", "https://viewer.example/?team=a&currency=CNY#"),
    ],
)
def test_the_viewer_is_told_of_another_currency(viewer: str, currency: str, begins: str) -> None:
    """As the peer tells it, in China; the points stay the same."""
    url = visualization_url([Candidate(512, 64.0, 1.0)], viewer, currency)

    assert url.startswith(begins)
    assert [(512, 64.0, 1.0)] == decode(url)
