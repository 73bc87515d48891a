"""The time that a warm Invoke on the local AWS takes beyond the handler."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

TRIVIAL = Path(__file__).parent / "trivial"
BAR_MS = 15
WARM_UP = 5


def measure(aws: LocalAws, *, invocations: int) -> list[Figure]:
    """Invoke a trivial function and return how much longer the caller waits than the handler takes."""
    arn = aws.add_function(TRIVIAL, name="bench-trivial")
    client = aws.client("lambda")
    overheads_ms = []
    for _ in range(WARM_UP + invocations):
        began = time.perf_counter()
        answer = client.invoke(FunctionName=arn, Payload=b"{}", LogType="Tail")
        result = json.loads(answer["Payload"].read())
        overheads_ms.append((time.perf_counter() - began) * 1000 - result["tookMs"])
    warm = sorted(overheads_ms[WARM_UP:])
    return [
        Figure("warm Invoke beyond the handler, median", statistics.median(warm), "ms", BAR_MS),
        Figure("... 95th percentile", warm[int(len(warm) * 0.95)], "ms", note=f"{invocations} invocations"),
    ]
