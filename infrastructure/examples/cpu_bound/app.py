"""Scale an image down and encode it as PNG, in plain Python: all CPU time, no waiting."""

import hashlib
import math
import struct
import zlib
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Make a thumbnail of the image that the event describes."""
    width, height, factor = event["width"], event["height"], event["factor"]
    pixels = _paint(width, height)
    thumbnail = _scale_down(pixels, width, height, factor)
    png = _encode(thumbnail, width // factor, height // factor)
    return {"bytes": len(png), "sha256": hashlib.sha256(png).hexdigest()}


def _paint(width: int, height: int) -> bytes:
    """Paint a grey picture of crossing waves."""
    across = [math.sin(x / 17) for x in range(width)]
    down = [math.cos(y / 23) for y in range(height)]
    return bytes(int(127.5 + 63 * (a + d)) for d in down for a in across)


def _scale_down(pixels: bytes, width: int, height: int, factor: int) -> list[bytes]:
    """Average each square of factor by factor pixels."""
    area = factor * factor
    rows = []
    for top in range(0, height - factor + 1, factor):
        columns = [0] * width
        for y in range(top, top + factor):
            columns = [sum(pair) for pair in zip(columns, pixels[y * width : (y + 1) * width], strict=True)]
        rows.append(bytes(sum(columns[left : left + factor]) // area for left in range(0, width - factor + 1, factor)))
    return rows


def _encode(rows: list[bytes], width: int, height: int) -> bytes:
    """Encode grey rows as PNG."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
