"""What the properties draw from: inputs, samples, leases, candidates, logs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from msgspec import structs

from power_tuner.tuning import field_kinds as kinds
from power_tuner.tuning.lease import Lease, Original
from power_tuner.tuning.run_field import Kind
from power_tuner.tuning.run_input import FIELDS, RunInput
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.strategies import Candidate
from power_tuner.tuning.target import Target

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=10), values, max_size=4),
    max_leaves=8,
)
# Values near to what is accepted, so that more than the first check is reached.
_near_values = st.one_of(
    json_values,
    st.integers(min_value=-1, max_value=10_300),
    st.integers(min_value=10**300, max_value=10**400),
    st.floats(min_value=-0.1, max_value=1.1),
    st.sampled_from(["ALL", "cost", "true", "512", "nan", "1e999", ARN, f"{ARN}:live", "s3://my-bucket/key", "live"]),
    st.lists(st.sampled_from([128, 512, "1024", 64, None]), max_size=4),
    st.lists(
        st.fixed_dictionaries({"payload": json_values, "weight": st.integers() | st.floats()}), min_size=1, max_size=3
    ),
)
near_inputs: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(sorted(FIELDS)) | st.text(max_size=8), _near_values, max_size=6
).flatmap(
    lambda fields: st.sampled_from(
        [fields, {"lambdaARN": ARN, "num": 5, **fields}, {**fields, "lambdaARN": ARN, "num": 5}]
    )
)

function_names = st.sampled_from(["thumbnailer", "thumbnailer:live", ARN, f"{ARN}:7", f"{ARN}:$LATEST"])
memories_mb = st.integers(min_value=128, max_value=10_240)
weights = st.integers(min_value=1, max_value=1_000_000) | st.floats(min_value=1e-6, max_value=1e6)
finite_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=10), values, max_size=4),
    max_leaves=8,
)
weighted_payloads = st.lists(st.fixed_dictionaries({"payload": finite_json, "weight": weights}), min_size=1, max_size=8)
_finite_payloads = st.none() | st.integers() | st.text(max_size=9) | st.dictionaries(st.text(max_size=5), st.integers())


def _good_texts(kind: kinds.Text) -> st.SearchStrategy[str]:
    texts = st.from_regex(kind.pattern, fullmatch=True) if kind.pattern else st.text(max_size=kind.max_chars)
    return texts.filter(lambda text: kind.max_chars is None or len(text) <= kind.max_chars)


_good_values: dict[type[Kind], Callable[[Any], st.SearchStrategy[Any]]] = {
    kinds.Flag: lambda _kind: st.booleans(),
    kinds.WholeNumber: lambda kind: st.integers(min_value=kind.low, max_value=kind.high),
    kinds.Number: lambda kind: st.floats(min_value=kind.low, max_value=kind.high, exclude_min=kind.above),
    kinds.ObservedShare: lambda kind: st.floats(min_value=kind.low, max_value=kind.high) | st.just("observed"),
    kinds.Pause: lambda kind: st.floats(min_value=kind.low, max_value=kind.high),
    kinds.OneOf: lambda kind: st.sampled_from([*kind.choices, None]),
    kinds.Text: _good_texts,
    kinds.Texts: lambda _kind: st.lists(st.text(max_size=10), max_size=3),
    kinds.FunctionName: lambda _kind: function_names,
    kinds.PowerValues: lambda _kind: st.just("ALL") | st.lists(memories_mb, min_size=1, max_size=6),
    kinds.Payload: lambda _kind: _finite_payloads | weighted_payloads,
}

# Of each kind, but for the rules between fields: all weighted payloads are used, slo has its limit, one payload, a
# canary has its alias.
good_inputs: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"lambdaARN": function_names, "num": st.integers(min_value=8, max_value=100)},
    optional={
        name: _good_values[type(field.kind)](field.kind)
        for name, field in FIELDS.items()
        if name not in {"lambdaARN", "num", "payloadS3"}
    }
    | {"strategy": st.sampled_from(["cost", "speed", "balanced", "tolerance", None])},
).filter(lambda raw: not raw.get("autoOptimizeCanary") or bool(raw.get("autoOptimizeAlias")))
run_inputs: st.SearchStrategy[RunInput] = good_inputs.map(lambda raw: parse_run_input(raw, (128, 512)))
_targets = st.builds(
    Target,
    arn=st.just(ARN),
    name=st.just("thumbnailer"),
    region=st.just("eu-west-1"),
    architecture=st.sampled_from(["arm64", "x86_64"]),
    runtime=st.just("python3.13"),
    code_sha256=st.text(max_size=10),
    memory_mb=memories_mb,
    latest_memory_mb=memories_mb,
    timeout_s=st.integers(min_value=1, max_value=900),
)
_ids = st.text(alphabet="abc-1", min_size=1, max_size=8)
run_plans: st.SearchStrategy[RunPlan] = st.builds(
    RunPlan, run_id=_ids, execution_arn=_ids, started_at=_ids, target=_targets, run_input=run_inputs
)
any_num = st.integers(min_value=1, max_value=10_000)
plans_of_any_size: st.SearchStrategy[RunPlan] = st.builds(
    lambda plan, num, parallel: replace(
        plan, run_input=structs.replace(plan.run_input, num=num, parallel_invocation=parallel)
    ),
    run_plans,
    any_num,
    st.booleans(),
)

_versions = st.dictionaries(memories_mb, st.integers(min_value=1, max_value=999).map(str), max_size=5)
_maybe_power = st.none() | memories_mb
leases: st.SearchStrategy[Lease] = st.builds(
    Lease,
    run_id=_ids,
    execution_arn=_ids,
    target_arn=st.just(ARN),
    original=st.builds(Original, memory_mb=memories_mb, fingerprint=_ids, code_sha256=_ids),
    until_s=st.integers(min_value=0, max_value=2**33),
    phase=st.sampled_from(["active", "closing"]),
    set_memory_mb=_maybe_power,
    intent_memory_mb=_maybe_power,
    intent_until_s=st.integers(min_value=0, max_value=2**33),
    versions=_versions,
    shared_versions=_versions,
)

milliseconds = st.floats(min_value=0.01, max_value=900_000).map(lambda value: round(value, 2))
_maybe_ms = st.none() | milliseconds
samples: st.SearchStrategy[Sample] = st.builds(
    Sample,
    duration_ms=_maybe_ms,
    billed_ms=st.none() | st.integers(min_value=1, max_value=900_000),
    init_ms=_maybe_ms,
    restore_ms=_maybe_ms,
    max_memory_used_mb=st.none() | memories_mb,
    status=st.sampled_from(["ok", "warm", "timeout", "unmeasurable"]),
    payload_index=st.integers(min_value=0, max_value=9),
)

discards = st.floats(min_value=0, max_value=0.4) | st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.4])

changed_inputs: st.SearchStrategy[dict[str, Any]] = st.builds(
    lambda raw, field, value: {**raw, field: value}, good_inputs, st.sampled_from(sorted(FIELDS)), _near_values
)

# Few different numbers, so that ties are common.
_tied = st.sampled_from([1.0, 1.5, 2.0, 2.5, 4.0]) | st.floats(min_value=0.001, max_value=1e6)
candidates: st.SearchStrategy[list[Candidate]] = st.lists(
    st.tuples(memories_mb, _tied, _tied), min_size=1, max_size=12, unique_by=lambda point: point[0]
).map(lambda points: [Candidate(memory_mb, duration, cost * 1e-7) for memory_mb, duration, cost in sorted(points)])

log_lines = st.sampled_from(
    [
        "START RequestId: 6f12 Version: 3",
        "REPORT RequestId: 6f12\tDuration: 3.10 ms\tBilled Duration: 546 ms\tMemory Size: 128 MB\t",
        "REPORT RequestId: \tDuration: ",
        "INIT_REPORT Init Duration: 83.58 ms\tPhase: init\tStatus: error",
        '{"type": "platform.report", "record": {"metrics": {"durationMs": 5.5, "billedDurationMs": 6}}}',
        '{"type": "platform.report", "record": [',
    ]
) | st.text(max_size=60)
log_tails = st.lists(log_lines, max_size=6).map("\n".join)
