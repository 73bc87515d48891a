"""Paging of listings by marker."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LARGEST_PAGE = 50


def page(
    key: str, entries: "Sequence[Any]", request: "Mapping[str, Any]", *, largest: int = _LARGEST_PAGE
) -> dict[str, Any]:
    """Return one page of a listing; the marker is the index of the first entry of the next page."""
    start = int(request.get("Marker") or 0)
    size = min(int(request.get("MaxItems") or largest), largest)
    shown: dict[str, Any] = {key: list(entries[start : start + size])}
    return {**shown, "NextMarker": str(start + size)} if start + size < len(entries) else shown
