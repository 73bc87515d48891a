"""Laws of inputs, plans and what is stored."""

import json
from collections import Counter
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from event_contracts import problems
from power_tuner.aws.item_table import from_attributes, to_attributes
from power_tuner.aws.lease_store import from_item, to_item
from power_tuner.errors import InvalidInput
from power_tuner.tuning.lease import Lease
from power_tuner.tuning.payloads import assign_payloads, read_payloads, weigh, write_payloads
from power_tuner.tuning.report_line import find_report
from power_tuner.tuning.run_input import RunInput
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import MAX_BATCHES, RunPlan
from power_tuner.tuning.sample import Sample
from properties.strategies import (
    changed_inputs,
    finite_json,
    good_inputs,
    json_values,
    leases,
    log_tails,
    milliseconds,
    near_inputs,
    plans_of_any_size,
    run_plans,
    samples,
    weighted_payloads,
    weights,
)


def parsed(raw: object) -> RunInput | InvalidInput:
    try:
        return parse_run_input(raw, (128, 512))
    except InvalidInput as error:
        return error


@given(json_values | near_inputs | changed_inputs)
def test_an_input_is_accepted_or_refused(raw: object) -> None:
    """Law: any JSON is either a run that keeps the rules or a refusal that names its field, never another error."""
    found = parsed(raw)

    if isinstance(found, InvalidInput):
        assert str(found).startswith(f"{found.field}: ")
    else:
        assert found.num is None or found.num >= 1
        assert len(found.memories_mb) == len({*found.memories_mb}) > 0
        assert found.num is None or len(found.payloads) <= found.num or found.dry_run


@given(good_inputs)
def test_good_inputs_are_accepted(raw: dict[str, Any]) -> None:
    """Law: schema and app accept every input that keeps the rules."""

    assert [] == problems("run-input", raw)
    assert isinstance(parsed(raw), RunInput)


@given(changed_inputs)
def test_the_schema_promises_no_more_than_the_app(raw: dict[str, Any]) -> None:
    """Law: but for the rules between fields, what the schema accepts the app accepts."""
    text = json.dumps(raw)
    promised = "NaN" not in text and "Infinity" not in text and not problems("run-input", raw)
    found = parsed(raw)

    assert isinstance(found, RunInput) or not promised or found.field in {"num", "payloadS3"}


@given(st.lists(weights, min_size=1, max_size=20), st.integers(min_value=0, max_value=300))
def test_payloads_are_assigned_in_proportion(shares: list[float], more: int) -> None:
    """Law: num in all, each at least once, and within 1 of its share if the minimum of 1 takes nothing from others."""
    num = len(shares) + more
    used = Counter(assign_payloads(shares, num))
    exact = [num * share / sum(shares) for share in shares]

    assert num == used.total()
    assert set(range(len(shares))) == set(used)
    if min(exact) >= 1:
        assert [] == [i for i, share in enumerate(exact) if abs(used[i] - share) > 1 + 1e-6]


@given(plans_of_any_size)
def test_batches_cover_a_branch(plan: RunPlan) -> None:
    """Law: each invocation from 0 to num is in exactly one batch, and there are at most ten."""
    batches = plan.batches()
    covered = [index for each in batches for index in range(each.begin, each.begin + each.count)]

    assert list(range(plan.run_input.num or 0)) == covered
    assert 1 <= len(batches) <= MAX_BATCHES


@given(run_plans)
def test_a_plan_survives_storage(plan: RunPlan) -> None:
    """Law: a plan that was written as JSON is read as it was."""
    stored = json.dumps(plan.to_dict())

    assert stored == json.dumps(RunPlan.from_dict(json.loads(stored)).to_dict())
    if "NaN" not in stored:
        assert plan == RunPlan.from_dict(json.loads(stored))


@given(leases)
def test_a_lease_survives_storage(lease: Lease) -> None:
    """Law: a lease that was written as an item is read as it was."""

    assert lease == from_item(from_attributes(to_attributes(to_item(lease))))


@given(samples)
def test_a_sample_survives_storage(sample: Sample) -> None:
    """Law: a sample that was written as JSON is read as it was."""

    assert sample == msgspec.json.decode(msgspec.json.encode(sample), type=Sample)


@given(log_tails | st.text())
def test_any_log_can_be_read(tail: str) -> None:
    """Law: a report is found or not; nothing raises, and a duration stands in the log."""
    report = find_report(tail, "6f12", 128)

    assert report is None or (report.duration_ms >= 0 and report.billed_ms >= 0)
    assert report is None or {f"{report.duration_ms:.2f}", f"{report.duration_ms}"} & {
        number.strip(',"') for number in tail.replace("\t", " ").split()
    }


@given(log_tails, milliseconds, st.integers(min_value=1, max_value=900_000), st.data())
def test_a_cut_tail_never_invents(before: str, duration_ms: float, billed_ms: int, data: st.DataObject) -> None:
    """Law: of a report behind any log, cut anywhere at the front, either all is read or nothing of it."""
    line = (
        f"REPORT RequestId: 6f12\tDuration: {duration_ms:.2f} ms\tBilled Duration: {billed_ms} ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 15 MB\t\n"
    )
    log = f"{before}\n{line}"
    cut = data.draw(st.integers(min_value=0, max_value=len(log)))
    report = find_report(log[cut:], "6f12", 128)

    whole = cut <= len(before) + 1
    assert ((duration_ms, billed_ms) if whole else None) == (report and (report.duration_ms, report.billed_ms))


@given(finite_json | weighted_payloads)
def test_a_payload_laid_into_s3_is_the_one_given(payload: Any) -> None:
    """Law: what a run reads from the bucket is what it would have read from its input, weights included."""
    assert weigh(payload) == read_payloads(write_payloads(payload))
