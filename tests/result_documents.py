"""Result documents as the Analyzer writes them, for tests of what shows them."""

from typing import Any

PRICE_USD_PER_MB_MS = 1.33334e-5 / 1024 / 1000
SIX_VALUES = (128, 256, 512, 1024, 1536, 3008)


def branch(memory_mb: int, *, cpu_ms: float = 180.0, waiting_ms: float = 4.0, used_mb: int = 64) -> dict[str, Any]:
    """Describe a measured branch of a function with this much CPU time and waiting."""
    mean_ms = waiting_ms + cpu_ms / min(memory_mb / 1769, 1.0)
    cost_usd = round(mean_ms + 0.5) * memory_mb * PRICE_USD_PER_MB_MS
    return {
        "powerValue": memory_mb,
        "outcome": "ok",
        "reason": None,
        "invocations": 10,
        "samples": 10,
        "coldSamples": 1,
        "averageDurationMs": mean_ms,
        "averageCostUsd": cost_usd,
        "totalCostUsd": 10 * cost_usd,
        "durationMs": {
            "min": mean_ms * 0.92,
            "p25": mean_ms * 0.96,
            "p50": mean_ms * 0.99,
            "p75": mean_ms * 1.05,
            "p90": mean_ms * 1.16,
            "p95": mean_ms * 1.22,
            "p99": mean_ms * 1.28,
            "max": mean_ms * 1.3,
            "mean": mean_ms * 1.01,
            "stddev": mean_ms * 0.1,
        },
        "maxMemoryUsedMb": used_mb,
    }


def failed_branch(memory_mb: int, outcome: str = "out-of-memory", reason: str | None = None) -> dict[str, Any]:
    """Describe a branch that measured nothing."""
    return {
        "powerValue": memory_mb,
        "outcome": outcome,
        "reason": reason or f"The function ran out of memory at {memory_mb} MB (Runtime.OutOfMemory).",
        "invocations": 3,
        "samples": 0,
        "coldSamples": 0,
    }


def result_document(
    branches: list[dict[str, Any]] | None = None,
    *,
    chosen: int | None = 1536,
    current: int | None = 3008,
    name: str = "thumbnailer",
    sentence: str | None = None,
    run_id: str = "thumbnailer-20261123-120000-1a2b",
) -> dict[str, Any]:
    """Describe a completed run; the current value is compared only if it was measured."""
    found = [branch(memory_mb) for memory_mb in SIX_VALUES] if branches is None else branches
    measured = {item["powerValue"]: item for item in found if item["outcome"] == "ok"}
    decision = comparison = None
    if chosen is not None:
        best = measured[chosen]
        decision = {
            "power": chosen,
            "costUsd": best["averageCostUsd"],
            "durationMs": best["averageDurationMs"],
            "strategy": "cost",
            "mode": "classic",
        }
        now = measured.get(current or 0)
        if now:
            comparison = {
                "currentPower": current,
                "costChange": best["averageCostUsd"] / now["averageCostUsd"] - 1,
                "durationChange": best["averageDurationMs"] / now["averageDurationMs"] - 1,
            }
    arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"
    return {
        "schemaVersion": 1,
        "runId": run_id,
        "executionArn": f"arn:aws:states:eu-west-1:123456789012:execution:power-tuner:{run_id}",
        "status": "completed" if decision else "failed",
        "startedAt": "2026-11-23T12:00:00Z",
        "finishedAt": "2026-11-23T12:01:07Z",
        "target": {
            "arn": arn,
            "name": name,
            "region": "eu-west-1",
            "architecture": "arm64",
            "runtime": "python3.13",
            "codeSha256": "pmmT3g0kRXoP0w1lQ7m5bq0b0mXGZ6v1m3nJwB0n5pE=",
            "memoryMb": current,
            "latestMemoryMb": current,
            "timeoutS": 30,
        },
        "input": {
            "num": 10,
            "mode": "classic",
            "strategy": "cost",
            "balancedWeight": 0.5,
            "parallelInvocation": False,
            "discardTopBottom": 0.2,
            "powerValues": [item["powerValue"] for item in found],
        },
        "decision": decision,
        "comparison": comparison,
        "sentence": sentence or _sentence(chosen, current, comparison),
        "branches": found,
        "output": {},
        "spent": {
            "invocations": sum(item["invocations"] for item in found),
            "lambdaCostUsd": sum(item.get("totalCostUsd", 0.0) for item in found),
            "executionCostUsd": 0.001125,
            "stateTransitions": 45,
            "currency": "USD",
        },
    }


def smart_branch(memory_mb: int, samples: int, chance: float, **shape: Any) -> dict[str, Any]:
    """Describe a branch of the smart mode: the more samples, the narrower its intervals."""
    found = branch(memory_mb, **shape)
    width = 0.3 / samples**0.5
    mean_ms, cost_usd = found["averageDurationMs"], found["averageCostUsd"]
    return found | {
        "invocations": samples + 1,
        "samples": samples,
        "coldSamples": 0,
        "totalCostUsd": (samples + 1) * cost_usd,
        "durationIntervalMs": [mean_ms * (1 - width), mean_ms * (1 + 1.6 * width)],
        "costIntervalUsd": [cost_usd * (1 - width), cost_usd * (1 + 1.6 * width)],
        "chanceOfBest": chance,
    }


def smart_document(
    branches: list[dict[str, Any]] | None = None,
    *,
    chosen: int = 1536,
    current: int = 3008,
    candidates: tuple[int, ...] = SIX_VALUES,
    significant: bool = True,
    confidence: float = 0.97,
    stopped_by: str = "sure",
    **more: Any,
) -> dict[str, Any]:
    """Describe a completed run of the smart mode: 256 and 1024 MB are not tried."""
    tried = branches or [
        smart_branch(128, 1, 0.0),
        smart_branch(512, 2, 0.04),
        smart_branch(1536, 6, 0.96),
        smart_branch(3008, 2, 0.0),
    ]
    document = result_document(tried, chosen=chosen, current=current, **more)
    document["decision"] |= {
        "mode": "smart",
        "confidence": confidence,
        "stoppedBy": stopped_by,
        "modelFits": True,
        "chanceOfMeetingSlo": None,
        "rounds": 4,
        "sweepCostUsd": 3.4e-4,
    }
    comparison = document["comparison"]
    if comparison:
        for name in ("costChange", "durationChange"):
            comparison[f"{name}Interval"] = [comparison[name] - 0.08, comparison[name] + 0.11]
        comparison["significant"] = significant
    document["input"] |= {
        "num": None,
        "mode": "smart",
        "powerValues": list(candidates),
        "confidence": "default",
        "maxInvocations": None,
        "maxCostUsd": None,
        "maxDurationSeconds": None,
    }
    return document


def _sentence(chosen: int | None, current: int | None, comparison: dict[str, Any] | None) -> str:
    if chosen is None:
        return "No memory size could be measured."
    if comparison is None:
        return f"{chosen} MB is the cheapest measured value; the current one ({current} MB) was not measured."
    cost, duration = comparison["costChange"], comparison["durationChange"]
    cheaper = f"{abs(cost):.0%} {'cheaper' if cost < 0 else 'dearer'}".replace("%", " %")
    slower = f"{abs(duration):.0%} {'faster' if duration < 0 else 'slower'}".replace("%", " %")
    return f"{chosen} MB: {cheaper} and {slower} than now ({current} MB)."
