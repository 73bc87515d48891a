"""Price what runs, from one dated table (``data/prices.json``).

List prices of the first tier, before Savings Plans and free tier. Regions that the table does not name cost the
default; an architecture that the table lacks in a region that it names costs what x86 costs there, so that nothing
is priced too low or in another currency.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")

MB_PER_GB = 1024
MS_PER_S = 1000
# What is used of provisioned concurrency costs so much more than what is kept, in each region (prices.json).
_USED_PER_KEPT = 7 / 3


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one region and architecture.

    Attributes:
        gb_second: one GB-second of Lambda.
        request: one Lambda request.
        transition: one state transition of a standard workflow.
        currency: of all; USD but in China.
        snapshot_gb_second: one GB-second of SnapStart's cache.
        snapshot_restored_gb: one GB that SnapStart restores.
        provisioned_kept_share: what a GB-second of provisioned concurrency costs, as a share of one of Lambda.
        provisioned_used_share: the same of what its invocations cost besides.
    """

    gb_second: float
    request: float
    transition: float
    currency: str
    snapshot_gb_second: float = 0.0
    snapshot_restored_gb: float = 0.0
    provisioned_kept_share: float = 0.0
    provisioned_used_share: float = 1.0

    def per_ms(self, memory_mb: int) -> float:
        """Return the price of one billed millisecond at a memory size."""
        return self.gb_second * memory_mb / MB_PER_GB / MS_PER_S

    def average(self, memory_mb: int, mean_billed_ms: float) -> float:
        """Return the price of an average invocation as the peer has it: billed milliseconds rounded up, no request.

        Milliseconds times MB are a whole number and exact, so what costs the same has the same price to the last bit.
        """
        return math.ceil(mean_billed_ms) * memory_mb * (self.gb_second / MB_PER_GB / MS_PER_S)

    def invocations(self, memory_mb: int, billed_ms: int, count: int = 1) -> float:
        """Return the full price of ``count`` invocations that billed ``billed_ms`` together, requests included."""
        return self.per_ms(memory_mb) * billed_ms + self.request * count


class _Table(Struct):
    """The prices by region; ``default`` is for all that are not named."""

    lambda_gb_second: dict[str, dict[str, float]]
    lambda_request: dict[str, float]
    step_functions_transition: dict[str, float]
    snapshot_gb_second: dict[str, float]
    snapshot_restored_gb: dict[str, float]
    provisioned_gb_second: dict[str, float]
    currency: dict[str, str]


def prices_for(region: str, architecture: str) -> Prices:
    """Look up the prices of a region (``us-east-1``) and an architecture (``x86_64`` or ``arm64``)."""
    table = _table()
    x86, own = table.lambda_gb_second["x86_64"], table.lambda_gb_second[architecture]
    kept_share = _of(region, table.provisioned_gb_second) / _of(region, x86)
    return Prices(
        gb_second=_of(region, x86 if region in x86 and region not in own else own),
        request=_of(region, table.lambda_request),
        transition=_of(region, table.step_functions_transition),
        snapshot_gb_second=_of(region, table.snapshot_gb_second),
        snapshot_restored_gb=_of(region, table.snapshot_restored_gb),
        provisioned_kept_share=kept_share,
        provisioned_used_share=_USED_PER_KEPT * kept_share,
        currency=_of(region, table.currency),
    )


def has_own_prices(region: str) -> bool:
    """Return whether a region is named in the table, in place of the prices that most regions have."""
    return region in _table().lambda_gb_second["x86_64"]


def _of(region: str, entries: Mapping[str, T]) -> T:
    return entries.get(region, entries["default"])


@cache
def _table() -> _Table:
    return msgspec.json.decode((files("power_tuner") / "data" / "prices.json").read_bytes(), type=_Table)
