"""Inputs: each field, good and bad."""

from typing import Any

import pytest

from power_tuner.errors import InvalidInput
from power_tuner.lambda_limits import ALL_MEMORIES_MB, MAX_MEMORY_MB, MIN_MEMORY_MB
from power_tuner.tuning.arn import FunctionReference
from power_tuner.tuning.payloads import WeightedPayload, split_s3_uri
from power_tuner.tuning.run_input import FIELDS, RunInput
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.strategies import STRATEGIES

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
DEFAULT_POWER_VALUES = (128, 256)
POWER_VALUES_ALLOWED = f'"ALL" or a list of whole numbers from {MIN_MEMORY_MB} to {MAX_MEMORY_MB} (MB)'
MAX_NUM = 10_000


def parse(**fields: Any) -> RunInput:
    raw = {"lambdaARN": ARN, "num": 5, **fields}
    return parse_run_input({name: value for name, value in raw.items() if value is not ...}, DEFAULT_POWER_VALUES)


def refusal(**fields: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse(**fields)
    return caught.value


def test_what_is_not_given_has_a_default() -> None:
    """Function and num are enough; all else has the peer's defaults."""
    run_input = parse()

    assert (
        RunInput(
            target=run_input.target,
            memories_mb=DEFAULT_POWER_VALUES,
            num=5,
            payloads=(WeightedPayload(None, 1),),
            payload_s3=None,
            strategy="cost",
            balanced_weight=0.5,
            statistic="p95",
            max_duration_ms=None,
            tolerance=0.05,
            confidence="default",
            max_invocations=None,
            max_cost_usd=None,
            max_duration_s=None,
            parallel_invocation=False,
            discard_top_bottom=0.2,
            auto_optimize=False,
            auto_optimize_alias=None,
            auto_optimize_canary=False,
            include_output_results=False,
            dry_run=False,
            only_cold_starts=False,
            pre_processor=None,
            post_processor=None,
            sleep_between_runs_ms=0,
            disable_payload_logs=False,
            allowed_exceptions=(),
        )
        == run_input
    )


@pytest.mark.parametrize("field", sorted(FIELDS.keys() - {"lambdaARN"}))
def test_null_is_as_absent(field: str) -> None:
    """A field that is null counts as not given."""

    assert parse(**{field: ...}) == parse(**{field: None})


@pytest.mark.parametrize(
    ("field", "value", "attribute", "expected"),
    [
        ("num", None, "num", None),
        ("num", 1, "num", 1),
        ("num", MAX_NUM, "num", MAX_NUM),
        ("num", "50", "num", 50),
        ("num", 50.0, "num", 50),
        ("lambdaARN", f"{ARN}:live", "target", FunctionReference(ARN, "thumbnailer", "eu-west-1", "live")),
        ("powerValues", "ALL", "memories_mb", ALL_MEMORIES_MB),
        ("powerValues", [1024, "512", 128.0, 512], "memories_mb", (1024, 512, 128)),
        ("powerValues", [MAX_MEMORY_MB, 129], "memories_mb", (MAX_MEMORY_MB, 129)),
        ("payload", {"a": 1}, "payloads", (WeightedPayload({"a": 1}, 1),)),
        ("payload", "plain text", "payloads", (WeightedPayload("plain text", 1),)),
        ("payload", [1, 2], "payloads", (WeightedPayload([1, 2], 1),)),
        ("payload", 0, "payloads", (WeightedPayload(None, 1),)),
        (
            "payload",
            [{"payload": "a", "weight": 5}, {"payload": {"b": 2}, "weight": 0.5}],
            "payloads",
            (WeightedPayload("a", 5), WeightedPayload({"b": 2}, 0.5)),
        ),
        ("payloadS3", "s3://my-bucket/a/b.json", "payload_s3", "s3://my-bucket/a/b.json"),
        ("payloadS3", "s3://my-bucket/a/b.json", "payloads", ()),
        ("strategy", "speed", "strategy", "speed"),
        ("strategy", "balanced", "strategy", "balanced"),
        ("strategy", "tolerance", "strategy", "tolerance"),
        ("statistic", "p99", "statistic", "p99"),
        ("maxDurationMs", 250, "max_duration_ms", 250.0),
        ("tolerance", 0.1, "tolerance", 0.1),
        ("confidence", "highest", "confidence", "highest"),
        ("maxInvocations", 1_000_000, "max_invocations", 1_000_000),
        ("maxCostUsd", 1_000_000, "max_cost_usd", 1_000_000.0),
        ("maxDurationSeconds", 86_400, "max_duration_s", 86_400),
        ("maxDurationMs", 900_000, "max_duration_ms", 900_000.0),
        ("tolerance", 10, "tolerance", 10.0),
        ("sleepBetweenRunsMs", 600_000, "sleep_between_runs_ms", 600_000),
        ("maxInvocations", 100, "max_invocations", 100),
        ("maxCostUsd", "0.5", "max_cost_usd", 0.5),
        ("maxDurationSeconds", 600, "max_duration_s", 600),
        ("balancedWeight", 0, "balanced_weight", 0.0),
        ("balancedWeight", "0.75", "balanced_weight", 0.75),
        ("parallelInvocation", True, "parallel_invocation", True),
        ("parallelInvocation", "true", "parallel_invocation", True),
        ("parallelInvocation", "false", "parallel_invocation", False),
        ("discardTopBottom", 0, "discard_top_bottom", 0.0),
        ("discardTopBottom", 0.4, "discard_top_bottom", 0.4),
        ("autoOptimize", True, "auto_optimize", True),
        ("autoOptimizeAlias", "live-1_a", "auto_optimize_alias", "live-1_a"),
        ("onlyColdStarts", True, "only_cold_starts", True),
        ("onlyColdStarts", True, "discard_top_bottom", 0),
        ("includeOutputResults", True, "include_output_results", True),
        ("dryRun", True, "dry_run", True),
        ("preProcessorARN", "warm-up", "pre_processor", "warm-up"),
        ("postProcessorARN", f"{ARN}:live", "post_processor", f"{ARN}:live"),
        ("sleepBetweenRunsMs", 250, "sleep_between_runs_ms", 250),
        ("disablePayloadLogs", True, "disable_payload_logs", True),
        ("allowedExceptions", ["NotFound", "Gone"], "allowed_exceptions", ("NotFound", "Gone")),
    ],
)
def test_a_good_value_is_taken(field: str, value: Any, attribute: str, expected: Any) -> None:
    """Each field is read, also from text as templates and consoles write it."""

    assert expected == getattr(parse(**{field: value}), attribute)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("lambdaARN", "arn:aws:s3:::bucket", "the name or ARN of a Lambda function"),
        ("lambdaARN", "my function", "the name or ARN of a Lambda function"),
        ("lambdaARN", "thumbnailer\n", "the name or ARN of a Lambda function"),
        ("lambdaARN", 7, "the name or ARN of a Lambda function"),
        ("num", 0, "a whole number from 1 to 10000"),
        ("num", MAX_NUM + 1, "a whole number from 1 to 10000"),
        ("num", 0.5, "a whole number from 1 to 10000"),
        ("num", "5e1", "a whole number from 1 to 10000"),
        ("num", True, "a whole number from 1 to 10000"),
        ("num", "many", "a whole number from 1 to 10000"),
        ("powerValues", "all", POWER_VALUES_ALLOWED),
        ("powerValues", 512, POWER_VALUES_ALLOWED),
        ("payloadS3", "my-bucket/key", "s3://bucket/key"),
        ("payloadS3", "s3://my-bucket", "s3://bucket/key"),
        ("payloadS3", {"bucket": "b"}, "s3://bucket/key"),
        ("strategy", "cheap", ", ".join(STRATEGIES)),
        ("strategy", ["cost"], ", ".join(STRATEGIES)),
        ("statistic", "p50.5", "mean, p50, p90, p95, p99"),
        ("maxDurationMs", 0, "a number above 0 and at most 900000"),
        ("maxDurationMs", 900_001, "a number above 0 and at most 900000"),
        ("tolerance", -0.1, "a number from 0 to 10"),
        ("confidence", 0.9, "default, high, highest"),
        ("maxInvocations", 0, "a whole number from 1 to 1000000"),
        ("maxInvocations", 1_000_001, "a whole number from 1 to 1000000"),
        ("maxCostUsd", 1_000_000.5, "a number from 0 to 1000000"),
        ("maxDurationSeconds", 86_401, "a whole number from 1 to 86400"),
        ("tolerance", 10.25, "a number from 0 to 10"),
        ("maxCostUsd", -1, "a number from 0 to 1000000"),
        ("maxDurationSeconds", 0, "a whole number from 1 to 86400"),
        ("balancedWeight", 1.01, "a number from 0 to 1"),
        ("balancedWeight", -0.1, "a number from 0 to 1"),
        ("balancedWeight", "nan", "a number from 0 to 1"),
        ("balancedWeight", True, "a number from 0 to 1"),
        ("balancedWeight", "much", "a number from 0 to 1"),
        ("balancedWeight", 10**400, "a number from 0 to 1"),
        ("balancedWeight", [0.5], "a number from 0 to 1"),
        ("parallelInvocation", "maybe", "true or false"),
        ("parallelInvocation", [True], "true or false"),
        ("discardTopBottom", 0.41, "a number from 0 to 0.4"),
        ("discardTopBottom", -1, "a number from 0 to 0.4"),
        ("autoOptimize", {}, "true or false"),
        ("autoOptimizeAlias", "42", "letters, digits, - and _, and not digits alone, at most 128 characters"),
        ("autoOptimizeAlias", "live\n", "letters, digits, - and _, and not digits alone, at most 128 characters"),
        ("autoOptimizeAlias", 5, "letters, digits, - and _, and not digits alone, at most 128 characters"),
        ("onlyColdStarts", "cold", "true or false"),
        ("includeOutputResults", "no", "true or false"),
        ("dryRun", "no", "true or false"),
        ("postProcessorARN", ["f"], "the name or ARN of a Lambda function"),
        ("sleepBetweenRunsMs", "1e3", "a number from 0 to 600000"),
        ("sleepBetweenRunsMs", 600_001, "a number from 0 to 600000"),
        ("disablePayloadLogs", "off", "true or false"),
        ("allowedExceptions", [404], "a list of error names"),
        ("allowedExceptions", ["NotFound", 404], "a list of error names"),
    ],
)
def test_a_bad_value_is_refused(field: str, value: Any, allowed: str) -> None:
    """The refusal names the field, shows the value and says what is allowed."""
    error = refusal(**{field: value})

    shown = "an object" if isinstance(value, dict) else repr(value)
    shown = shown if len(shown) <= 80 else shown[:80] + "..."
    assert f"{field}: {shown} is not accepted. Allowed: {allowed}." == str(error)


@pytest.mark.parametrize("function", [..., None])
def test_the_function_is_required(function: Any) -> None:
    """Without a function there is nothing to tune."""
    expected = "lambdaARN: nothing was given. Allowed: the name or ARN of a Lambda function; it is required."

    assert expected == str(refusal(lambdaARN=function))


@pytest.mark.parametrize("value", [MIN_MEMORY_MB - 1, MAX_MEMORY_MB + 1, 0, -512, "0.5 GB", None, True, [1], "9999999"])
def test_a_bad_power_value_is_named(value: Any) -> None:
    """Of a list of memory sizes, the bad one is shown."""
    error = refusal(powerValues=[512, value])

    assert ("powerValues", value) == (error.field, error.value)


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf"), 10**15 + 1])
def test_a_weight_is_positive(weight: float) -> None:
    """A weight that is not a positive, sensible number is refused."""
    error = refusal(payload=[{"payload": 1, "weight": weight}])

    assert "payload[].weight" == error.field


def test_a_weight_may_be_large() -> None:
    """Or next to nothing."""
    payloads = parse(payload=[{"payload": "a", "weight": 1_000_000}, {"payload": "b", "weight": 1e-9}]).payloads

    assert (WeightedPayload("a", 1_000_000), WeightedPayload("b", 1e-9)) == payloads


def test_each_weighted_payload_is_used() -> None:
    """With more weighted payloads than invocations, one would never be sent; that is refused."""
    error = refusal(num=2, payload=[{"payload": i, "weight": 1} for i in range(3)])

    assert "num: 2 is not accepted. Allowed: at least 3, so that each weighted payload is used once." == str(error)


@pytest.mark.parametrize("limit", [..., None])
def test_a_slo_needs_its_limit(limit: Any) -> None:
    """Strategy slo without a limit is refused; with one it is taken."""
    error = refusal(strategy="slo", maxDurationMs=limit)

    assert ("maxDurationMs", "a number above 0 and at most 900000; strategy slo needs it") == (
        error.field,
        error.allowed,
    )
    assert 100.0 == parse(strategy="slo", maxDurationMs=100).max_duration_ms


def test_payload_and_payload_s3_exclude_one_another() -> None:
    """Two payloads would leave open which one is sent."""
    error = refusal(payload={}, payloadS3="s3://my-bucket/key")

    assert ("payloadS3", "a payload or its place in S3, not both") == (error.field, error.allowed)


@pytest.mark.parametrize("raw", [None, [], "text", 3, True])
def test_the_input_is_an_object(raw: object) -> None:
    """Anything but a JSON object is refused."""
    with pytest.raises(InvalidInput) as caught:
        parse_run_input(raw, DEFAULT_POWER_VALUES)

    assert ("input", "a JSON object with at least lambdaARN") == (caught.value.field, caught.value.allowed)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("lambdaArn", "lambdaARN"),
        ("powervalues", "powerValues"),
        ("Num", "num"),
        ("paylod", "payload"),
        ("discardTopBotom", "discardTopBottom"),
        ("autoOptimise", "autoOptimize"),
    ],
)
def test_an_unknown_field_is_refused_with_a_suggestion(written: str, meant: str) -> None:
    """A misspelt field is never ignored; the message names the one that was meant, and all that there are."""
    error = refusal(**{written: 1})

    assert f"did you mean {meant}? The fields are {', '.join(sorted(FIELDS))}" == error.allowed


def test_a_field_like_no_other_is_refused_with_the_list() -> None:
    """Where nothing is close, the fields are listed."""

    assert f"one of {', '.join(sorted(FIELDS))}" == refusal(colour="red").allowed


def test_a_misspelt_payload_is_hidden() -> None:
    """A misspelt payload shows in no refusal, which the log gets, whatever kind of JSON it is."""
    for payload in ({"card": "4111"}, ["4111"], "4111"):
        error = refusal(paylod=payload)

        assert error.allowed.startswith("did you mean payload?")
        assert "4111" not in str(error)
    assert "4111" not in str(refusal(colour="4111"))
    assert "4111" not in str(refusal(nun="4111", disablePayloadLogs=True))


def test_a_misspelt_field_shows_its_value() -> None:
    """So that whoever wrote it finds the place."""

    assert "'twice'" in str(refusal(nun="twice"))


def test_a_long_value_is_cut() -> None:
    """A refusal stays readable however long the value is."""

    assert 400 > len(str(refusal(strategy="x" * 100_000)))


def test_a_dry_run_invokes_once_and_applies_nothing() -> None:
    """A dry run overrules num and autoOptimize."""
    run_input = parse(dryRun=True, num=50, autoOptimize=True)

    assert (1, False) == (run_input.num, run_input.auto_optimize)


def test_cold_starts_are_bounded() -> None:
    """All cold starts of a memory size begin together, so there are at most 100."""

    assert "a whole number from 1 to 100 when cold starts are measured" == refusal(onlyColdStarts=True, num=101).allowed
    assert 100 == parse(onlyColdStarts=True, num=100).num


def test_as_many_payloads_as_invocations_are_enough() -> None:
    """Each is sent once."""

    assert 3 == len(parse(num=3, payload=[{"payload": i, "weight": 1} for i in range(3)]).payloads)


def test_all_power_values_are_64_mb_apart() -> None:
    """ALL means 128 to 10240 MB in steps of 64."""

    memories_mb = parse(powerValues="ALL").memories_mb

    assert (159, 128, 192, 10240) == (len(memories_mb), *memories_mb[:2], memories_mb[-1])


def test_an_s3_uri_is_split() -> None:
    """The key keeps its slashes."""

    assert ("my-bucket", "a/b c.json") == split_s3_uri("s3://my-bucket/a/b c.json")
    assert ("my-bucket", "a\nb") == split_s3_uri("s3://my-bucket/a\nb")


def test_a_bad_s3_uri_is_not_split() -> None:
    """What is no S3 URI is refused here too."""
    with pytest.raises(InvalidInput) as caught:
        split_s3_uri("https://example.com/x")

    assert ("payloadS3", "s3://bucket/key") == (caught.value.field, caught.value.allowed)
