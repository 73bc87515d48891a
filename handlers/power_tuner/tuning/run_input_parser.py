"""Validate what a person or a pipeline asks for, before anything is touched."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from power_tuner.errors import InvalidInput
from power_tuner.tuning.arn import FunctionReference, parse_function_reference
from power_tuner.tuning.payloads import WeightedPayload, is_weighted
from power_tuner.tuning.run_input import CONFIDENCES, MAX_COLD_NUM, MAX_MEMORY_MB, MIN_MEMORY_MB, RunInput
from power_tuner.tuning.statistics import DEFAULT_DISCARD, MAX_DISCARD
from power_tuner.tuning.strategies import (
    DEFAULT_BALANCED_WEIGHT,
    DEFAULT_STATISTIC,
    DEFAULT_STRATEGY,
    DEFAULT_TOLERANCE,
    STATISTICS,
    STRATEGIES,
)

ALL_MEMORIES_MB = tuple(range(MIN_MEMORY_MB, MAX_MEMORY_MB + 1, 64))
MAX_NUM = 10_000
MAX_SLEEP_MS = 600_000
MAX_DURATION_MS = 900_000
MAX_WEIGHT = 1_000_000

_ALIAS = re.compile(r"(?!\d+$)[a-zA-Z0-9-_]{1,128}", re.ASCII)
_S3_URI = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+)", re.DOTALL)


def parse_run_input(raw: object, default_memories_mb: Sequence[int]) -> RunInput:
    """Validate a direct input.

    Args:
        raw: the execution's input.
        default_memories_mb: the stack's power values, used when the input names none.

    Raises:
        InvalidInput: names the field, the value and what is allowed.
    """
    if not isinstance(raw, Mapping):
        raise InvalidInput(field="input", value=raw, allowed="a JSON object with at least lambdaARN")
    _refuse_unknown_fields(raw)
    only_cold_starts = _flag(raw, "onlyColdStarts")
    num = _number(raw, "num", low=1, high=MAX_COLD_NUM if only_cold_starts else MAX_NUM, integer=True)
    dry_run = _flag(raw, "dryRun")
    payloads, payload_s3 = _payloads(raw)
    if num is not None and len(payloads) > num:
        raise InvalidInput(
            field="num",
            value=num,
            allowed=f"at least {len(payloads)}, so that each weighted payload is used once",
        )
    strategy = _one_of(raw, "strategy", STRATEGIES, DEFAULT_STRATEGY)
    max_duration_ms = _number(raw, "maxDurationMs", low=0, high=MAX_DURATION_MS)
    if strategy == "slo" and not max_duration_ms:
        raise InvalidInput(
            field="maxDurationMs", value=max_duration_ms, allowed="a number above 0; strategy slo needs it"
        )
    max_invocations = _number(raw, "maxInvocations", low=1, high=1_000_000, integer=True)
    max_duration_s = _number(raw, "maxDurationSeconds", low=1, high=86_400, integer=True)
    return RunInput(
        target=_function(raw, "lambdaARN"),
        memories_mb=_power_values(raw.get("powerValues"), default_memories_mb),
        num=1 if dry_run else _optional_int(num),
        payloads=payloads,
        payload_s3=payload_s3,
        strategy=strategy,
        balanced_weight=_or(_number(raw, "balancedWeight", low=0, high=1), DEFAULT_BALANCED_WEIGHT),
        statistic=_one_of(raw, "statistic", STATISTICS, DEFAULT_STATISTIC),
        max_duration_ms=max_duration_ms,
        tolerance=_or(_number(raw, "tolerance", low=0, high=10), DEFAULT_TOLERANCE),
        confidence=_one_of(raw, "confidence", CONFIDENCES, CONFIDENCES[0]),
        max_invocations=_optional_int(max_invocations),
        max_cost_usd=_number(raw, "maxCostUsd", low=0, high=1_000_000),
        max_duration_s=_optional_int(max_duration_s),
        parallel_invocation=_flag(raw, "parallelInvocation"),
        discard_top_bottom=_or(
            _number(raw, "discardTopBottom", low=0, high=MAX_DISCARD), 0 if only_cold_starts else DEFAULT_DISCARD
        ),
        auto_optimize=_flag(raw, "autoOptimize") and not dry_run,
        auto_optimize_alias=_alias(raw, "autoOptimizeAlias"),
        include_output_results=_flag(raw, "includeOutputResults"),
        dry_run=dry_run,
        only_cold_starts=only_cold_starts,
        pre_processor=_optional_function(raw, "preProcessorARN"),
        post_processor=_optional_function(raw, "postProcessorARN"),
        sleep_between_runs_ms=int(_or(_number(raw, "sleepBetweenRunsMs", low=0, high=MAX_SLEEP_MS), 0)),
        disable_payload_logs=_flag(raw, "disablePayloadLogs"),
        allowed_exceptions=_strings(raw, "allowedExceptions"),
    )


FIELDS = frozenset(
    {
        "lambdaARN",
        "num",
        "powerValues",
        "payload",
        "payloadS3",
        "strategy",
        "balancedWeight",
        "statistic",
        "maxDurationMs",
        "tolerance",
        "confidence",
        "maxInvocations",
        "maxCostUsd",
        "maxDurationSeconds",
        "parallelInvocation",
        "discardTopBottom",
        "autoOptimize",
        "autoOptimizeAlias",
        "includeOutputResults",
        "dryRun",
        "preProcessorARN",
        "postProcessorARN",
        "sleepBetweenRunsMs",
        "disablePayloadLogs",
        "allowedExceptions",
        "onlyColdStarts",
    }
)


def _refuse_unknown_fields(raw: Mapping[str, Any]) -> None:
    for field in raw:
        if field in FIELDS:
            continue
        by_lower = {name.lower(): name for name in FIELDS}
        close = get_close_matches(str(field).lower(), by_lower, n=1)
        hint = f"did you mean {by_lower[close[0]]}? The fields are " if close else "one of "
        # A misspelt payload is a payload.
        value = "(hidden: disablePayloadLogs)" if raw.get("disablePayloadLogs") else raw[field]
        raise InvalidInput(field=str(field), value=value, allowed=hint + ", ".join(sorted(FIELDS)))


def _function(raw: Mapping[str, Any], field: str) -> FunctionReference:
    text = raw.get(field)
    reference = parse_function_reference(text) if isinstance(text, str) else None
    if reference is None:
        raise InvalidInput(field=field, value=text, allowed="the name or ARN of a Lambda function; it is required")
    return reference


def _optional_function(raw: Mapping[str, Any], field: str) -> str | None:
    if raw.get(field) is None:
        return None
    _function(raw, field)
    return str(raw[field])


def _alias(raw: Mapping[str, Any], field: str) -> str | None:
    value = raw.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not _ALIAS.fullmatch(value):
        raise InvalidInput(field=field, value=value, allowed="letters, digits, - and _, and not digits alone")
    return value


def _power_values(value: object, default: Sequence[int]) -> tuple[int, ...]:
    if value is None:
        value = list(default)
    if value == "ALL":
        return ALL_MEMORIES_MB
    allowed = f'"ALL" or a list of whole numbers from {MIN_MEMORY_MB} to {MAX_MEMORY_MB} (MB)'
    if not isinstance(value, list | tuple) or not value:
        raise InvalidInput(field="powerValues", value=value, allowed=allowed)
    memories_mb = set()
    for item in value:
        memory_mb = _whole_number(item)
        if memory_mb is None or not MIN_MEMORY_MB <= memory_mb <= MAX_MEMORY_MB:
            raise InvalidInput(field="powerValues", value=item, allowed=allowed)
        memories_mb.add(memory_mb)
    return tuple(sorted(memories_mb))


def _payloads(raw: Mapping[str, Any]) -> tuple[tuple[WeightedPayload, ...], str | None]:
    payload_s3 = raw.get("payloadS3")
    if payload_s3 is not None:
        if not isinstance(payload_s3, str) or not _S3_URI.fullmatch(payload_s3):
            raise InvalidInput(field="payloadS3", value=payload_s3, allowed="s3://bucket/key")
        if raw.get("payload") is not None:
            raise InvalidInput(field="payloadS3", value=payload_s3, allowed="either payload or payloadS3, not both")
        return (), payload_s3
    return weigh(raw.get("payload")), None


def weigh(payload: Any) -> tuple[WeightedPayload, ...]:
    """Read a payload: the weighted list, or one payload that every invocation gets.

    Raises:
        InvalidInput: a weight is not positive, or absurdly large.
    """
    if not is_weighted(payload):
        return (WeightedPayload(payload, 1),)
    for item in payload:
        if not 0 < item["weight"] <= MAX_WEIGHT:
            allowed = f"a number above 0 and at most {MAX_WEIGHT}"
            raise InvalidInput(field="payload[].weight", value=item["weight"], allowed=allowed)
    return tuple(WeightedPayload(item["payload"], item["weight"]) for item in payload)


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key."""
    match = _S3_URI.fullmatch(uri)
    if match is None:
        raise InvalidInput(field="payloadS3", value=uri, allowed="s3://bucket/key")
    return match["bucket"], match["key"]


def _whole_number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,6}", value.strip()):
        return int(value)
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _number(raw: Mapping[str, Any], field: str, *, low: float, high: float, integer: bool = False) -> float | None:
    value = raw.get(field)
    if value is None:
        return None
    kind = "a whole number" if integer else "a number"
    number: float | None = _whole_number(value) if integer else _as_float(value)
    if number is None or not low <= number <= high:
        raise InvalidInput(field=field, value=value, allowed=f"{kind} from {low:g} to {high:g}")
    return number


def _as_float(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _flag(raw: Mapping[str, Any], field: str) -> bool:
    value = raw.get(field)
    if value is None or isinstance(value, bool):
        return bool(value)
    if value in ("true", "false"):  # a tuple: a list is not hashable
        return bool(value == "true")
    raise InvalidInput(field=field, value=value, allowed="true or false")


def _one_of(raw: Mapping[str, Any], field: str, choices: Sequence[str], default: str) -> str:
    value = raw.get(field)
    if value is None:
        return default
    if value not in choices:
        raise InvalidInput(field=field, value=value, allowed=", ".join(choices))
    return str(value)


def _strings(raw: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = raw.get(field)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(field=field, value=value, allowed="a list of error names")
    return tuple(value)


def _optional_int(value: float | None) -> int | None:
    return None if value is None else int(value)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
