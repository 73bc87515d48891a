"""Read a whole access log into memory and sort it by latency: needs more than 128 MB."""

from operator import itemgetter
from typing import Any

_PATHS = ("/", "/cart", "/search", "/orders/42", "/static/app.js", "/api/v2/items")
_HEADERS = (
    '"https://shop.example/catalogue/spring?colour=green&size=m&sort=price&page=3&session=8f14e45fceea167a" '
    '"Mozilla/5.0 (X11; Linux aarch64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36" '
    '"accept=text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8" '
    '"accept-language=en-GB,en;q=0.9,de;q=0.8,fr;q=0.7" "accept-encoding=gzip, deflate, br, zstd" '
    '"cookie=consent=all; basket=c9f0f895fb98ab9159f51fd0297e236d; theme=dark; seen=45c48cce2e2d7fbdea1afc51"'
)
_LINES_A_DAY = 2000
_LATENCY = itemgetter(slice(-6, None))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Find the slowest requests of a log with as many lines as the event says."""
    log = _log(event["lines"])
    lines = log.splitlines()
    lines.sort(key=_LATENCY, reverse=True)
    return {"lines": len(lines), "bytes": len(log), "slowest": [line[:64] for line in lines[: event["top"]]]}


def _log(count: int) -> str:
    """Write a log as a web server does, the latency last; its days are all alike."""
    day = "".join(
        f"10.0.0.{index % 256:<3d} - - [23/Nov/2026:12:{index // 60 % 60:02d}:{index % 60:02d} +0000] "
        f'"GET {_PATHS[index % len(_PATHS)]:<14} HTTP/1.1" 200 {index * 37 % 9000:6d} {_HEADERS} '
        f"{index * 7919 % 9973:06d}\n"
        for index in range(_LINES_A_DAY)
    )
    return day * (count // _LINES_A_DAY)
