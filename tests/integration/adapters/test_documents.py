"""Documents: the bucket and its stand-in keep the same promises."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from fake_stores import FakeDocuments
from power_tuner.aws.documents import S3Documents
from power_tuner.errors import InvalidInput
from power_tuner.ports import Documents, SampleBlock
from power_tuner.tuning.outcome import BranchOutcome
from power_tuner.tuning.result import Result
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.target import Target
from results import classic_result, draft_of, smart_result

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
BUCKET = "power-tuner-documents"
WEIGHTED = [{"payload": {"ä": [1, None]}, "weight": 1}, {"payload": "text", "weight": 2.5}]


def plan() -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:...:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=Target(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 1024, 30),
        run_input=parse_run_input({"lambdaARN": f"{ARN}:live", "num": 5, "payload": WEIGHTED}, (128, 512)),
    )


def block(first: int, count: int, *, batch: int = 0, call_id: str = "call-1", ms: float = 1.5) -> SampleBlock:
    return SampleBlock(batch, first, call_id, tuple([Sample(ms, 2, init_ms=0.5, payload_index=1)] * count))


@pytest.fixture(params=["fake", "S3"])
def documents(request: pytest.FixtureRequest) -> Documents:
    return FakeDocuments() if request.param == "fake" else S3Documents(request.getfixturevalue("s3"), BUCKET)


def test_a_plan_is_kept(documents: Documents) -> None:
    """What was planned is what is read."""
    documents.save_plan(plan())

    assert plan() == documents.plan("run-1")


def test_samples_are_kept_by_power_value(documents: Documents) -> None:
    """Blocks come back by memory size, in the order of invocation, however they were written."""
    documents.save_samples("run-1", 512, block(10, 2, batch=1))
    documents.save_samples("run-1", 512, block(2, 8))
    documents.save_samples("run-1", 512, block(0, 2))
    documents.save_samples("run-1", 128, block(0, 1))
    documents.save_samples("run-2", 128, block(0, 9))

    assert {128: [block(0, 1)], 512: [block(0, 2), block(2, 8), block(10, 2, batch=1)]} == documents.samples("run-1")


def test_a_block_that_is_written_twice_counts_once(documents: Documents) -> None:
    """A repeated Executor call does not double what it saved before."""
    documents.save_samples("run-1", 512, block(0, 2))
    documents.save_samples("run-1", 512, block(0, 2))

    assert {512: [block(0, 2)]} == documents.samples("run-1")


def test_both_of_two_overlapping_blocks_are_kept(documents: Documents) -> None:
    """When a repeated call saved more at once, what the lost call invoked is still there to be paid for."""
    documents.save_samples("run-1", 512, block(0, 2))
    documents.save_samples("run-1", 512, block(0, 5, call_id="call-2"))

    assert {512: [block(0, 2), block(0, 5, call_id="call-2")]} == documents.samples("run-1")


def test_without_samples_there_are_none(documents: Documents) -> None:
    """A run of which nothing was saved has no memory size."""

    assert ({}, {}) == (documents.samples("run-1"), documents.outcomes("run-1"))


def test_outcomes_are_kept(documents: Documents) -> None:
    """The last outcome of a branch is read, by memory size, and of this run alone."""
    documents.save_outcome("run-1", 128, BranchOutcome(outcome="timeout", reason="first"))
    documents.save_outcome("run-1", 128, BranchOutcome(outcome="timeout", reason="last"))
    documents.save_outcome("run-1", 10240, BranchOutcome(outcome="throttled", reason="busy", ends_run=True))
    documents.save_outcome("run-10", 512, BranchOutcome(outcome="timeout", reason="another run's"))

    assert {
        128: BranchOutcome(outcome="timeout", reason="last"),
        10240: BranchOutcome(outcome="throttled", reason="busy", ends_run=True),
    } == documents.outcomes("run-1")


@pytest.mark.parametrize("result", [classic_result(), smart_result(), classic_result(chosen=None)])
def test_a_draft_is_kept(documents: Documents, result: Result) -> None:
    """What was analysed is what is recorded, to the last digit."""
    draft = draft_of(result)
    documents.save_draft(draft)

    assert draft == documents.draft(result.run_id)


def test_documents_have_their_places(documents: Documents) -> None:
    """Results lie by day, for queries; reports by run."""

    assert "results/date=2026-11-23/run-1.json" == documents.save_result(classic_result(run_id="run-1"), "2026-11-23")
    assert "reports/run-1.html" == documents.save_report("run-1", "<!doctype html>")


def test_a_run_without_a_plan_cannot_go_on(documents: Documents) -> None:
    """Neither a plan nor a draft is made up."""
    with pytest.raises((KeyError, ClientError)):
        documents.plan("run-0")
    with pytest.raises((KeyError, ClientError)):
        documents.draft("run-0")


def test_a_result_and_a_report_replace_earlier_ones(documents: Documents) -> None:
    """A repeated Record writes to the same places."""
    results = classic_result(run_id="run-1"), smart_result(run_id="run-1")
    keys = {documents.save_result(result, "2026-11-23") for result in results}
    keys |= {documents.save_report("run-1", html) for html in ("<p>1</p>", "<p>2</p>")}

    assert {"results/date=2026-11-23/run-1.json", "reports/run-1.html"} == keys


def test_a_missing_payload_is_told_by_both(documents: Documents) -> None:
    """By its address."""
    with pytest.raises(InvalidInput) as caught:
        documents.read_payload(BUCKET, "missing")

    assert ("payloadS3", f"s3://{BUCKET}/missing", "an object that exists") == (
        caught.value.field,
        caught.value.value,
        caught.value.allowed,
    )


def test_each_document_has_its_key(s3: Any) -> None:
    """The CLI reads some of them, and the bucket's rules for their end name their folders."""
    documents = S3Documents(s3, BUCKET)
    documents.save_plan(plan())
    documents.save_draft(draft_of(classic_result(run_id="run-1")))
    documents.save_outcome("run-1", 128, BranchOutcome(outcome="timeout", reason="after 3 s"))
    documents.save_result(classic_result(run_id="run-1"), "2026-11-23")
    documents.save_report("run-1", "<p>ä</p>")

    assert [
        "reports/run-1.html",
        "results/date=2026-11-23/run-1.json",
        "runs/run-1/analysis.json",
        "runs/run-1/outcomes/128.json",
        "runs/run-1/plan.json",
    ] == sorted(entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"])


def test_samples_are_stored_as_plain_json(s3: Any) -> None:
    """With what a query over the bucket needs, and nothing between the members."""
    S3Documents(s3, BUCKET).save_samples("run-1", 512, block(0, 1))
    stored = s3.get_object(Bucket=BUCKET, Key="runs/run-1/samples/512/0-0-1-call-1.json")
    sample = '{"durationMs":1.5,"billedMs":2,"initMs":0.5,"status":"ok","payloadIndex":1}'
    expected = f'{{"powerValue":512,"callId":"call-1","firstTry":false,"samples":[{sample}]}}'

    assert ("application/json", expected) == (stored["ContentType"], stored["Body"].read().decode())


def test_as_many_samples_of_a_repeated_call_are_kept_beside_the_lost_ones(documents: Documents) -> None:
    """Both were invoked, so both are paid for."""
    documents.save_samples("run-1", 512, block(0, 1, call_id="call-1"))
    documents.save_samples("run-1", 512, block(0, 1, call_id="call-2"))

    assert {512: 2} == {memory_mb: len(blocks) for memory_mb, blocks in documents.samples("run-1").items()}


def test_sample_keys_tell_the_progress(s3: Any) -> None:
    """The number of samples can be summed from a listing, without reading an object."""
    S3Documents(s3, BUCKET).save_samples("run-1", 512, block(25, 5, batch=1))

    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert ["runs/run-1/samples/512/1-25-5-call-1.json"] == [entry["Key"] for entry in listed]


def test_a_report_opens_in_a_browser(s3: Any) -> None:
    """The page is stored as what it is."""
    S3Documents(s3, BUCKET).save_report("run-1", "<p>ä</p>")
    stored = s3.get_object(Bucket=BUCKET, Key="reports/run-1.html")

    assert ("text/html; charset=utf-8", "<p>ä</p>") == (stored["ContentType"], stored["Body"].read().decode())


def test_a_payload_is_read(s3: Any) -> None:
    """The text of the user's object is returned as it is."""
    s3.put_object(Bucket=BUCKET, Key="a/b c.json", Body=json.dumps({"a": "ä"}).encode())

    assert json.dumps({"a": "ä"}) == S3Documents(s3, BUCKET).read_payload(BUCKET, "a/b c.json")


@pytest.mark.parametrize(("bucket", "key"), [(BUCKET, "missing"), ("no-such-bucket", "key")])
def test_a_missing_payload_is_told(s3: Any, bucket: str, key: str) -> None:
    """404: the object, or its bucket, does not exist."""
    with pytest.raises(InvalidInput) as caught:
        S3Documents(s3, BUCKET).read_payload(bucket, key)

    assert (f"s3://{bucket}/{key}", "an object that exists") == (caught.value.value, caught.value.allowed)


def test_bytes_that_are_no_text_are_refused(s3: Any) -> None:
    """Latin-1 would arrive altered: the first byte that is no UTF-8 is named, and where it is."""
    s3.put_object(Bucket=BUCKET, Key="latin-1", Body='{"name": "Zoé"}'.encode("latin-1"))
    with pytest.raises(InvalidInput) as caught:
        S3Documents(s3, BUCKET).read_payload(BUCKET, "latin-1")

    assert (caught.value.value, caught.value.allowed) == (
        f"s3://{BUCKET}/latin-1",
        "an object in UTF-8; byte 12 of this one (0xe9) is not",
    )


def test_a_byte_order_mark_is_no_part_of_a_payload(s3: Any) -> None:
    """Editors on Windows write it before the text."""
    s3.put_object(Bucket=BUCKET, Key="bom", Body=b'\xef\xbb\xbf{"a": 1}')

    assert S3Documents(s3, BUCKET).read_payload(BUCKET, "bom") == '{"a": 1}'


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_payload_in_utf_16_is_refused(s3: Any, encoding: str) -> None:
    """Without a mark it would be read as UTF-8 with a zero in each second place, and be sent so."""
    s3.put_object(Bucket=BUCKET, Key="utf-16", Body='{"a": 1}'.encode(encoding))

    with pytest.raises(InvalidInput, match=r"an object in UTF-8; byte \d of this one \(0x00\) is not"):
        S3Documents(s3, BUCKET).read_payload(BUCKET, "utf-16")


def test_an_object_that_is_too_large_is_not_read(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Initializer would run out of memory; the size is told before the first byte."""
    monkeypatch.setattr("power_tuner.aws.documents.MAX_PAYLOAD_OBJECT_BYTES", 10)
    s3.put_object(Bucket=BUCKET, Key="large", Body=b'"01234567"')
    s3.put_object(Bucket=BUCKET, Key="larger", Body=b'"012345678"')

    assert S3Documents(s3, BUCKET).read_payload(BUCKET, "large") == '"01234567"'
    with pytest.raises(InvalidInput, match="an object of at most 10 bytes; this one has 11"):
        S3Documents(s3, BUCKET).read_payload(BUCKET, "larger")


MAY_NOT = (
    "an object that this app may read: deploy it with payloadS3Bucket (and payloadS3Key); if a KMS key of yours "
    "encrypts the object, reading it needs kms:Decrypt on that key, too: payloadKmsKeyArns"
)
KEY = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1a2b"
REFUSED_KEY = f"is not authorized to perform: kms:Decrypt on resource: {KEY} because no identity-based policy allows it"
MISSING = "an object that exists"


@pytest.mark.usefixtures("mocked_aws")
@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (
            "AccessDenied",
            REFUSED_KEY,
            f"kms:Decrypt was refused for {KEY}; deploy the app with payloadKmsKeyArns={KEY}, and",
        ),
        (
            "AccessDenied",
            "not authorized to perform: kms:Decrypt",
            "refused for its key; deploy the app with payloadKms",
        ),
        (
            "KMS.DisabledException",
            "the key is disabled.",
            "an object whose KMS key can be used: An error occurred (KMS.Dis",
        ),
    ],
)
def test_a_refused_key_is_told(code: str, message: str, expected: str) -> None:
    """Some answers of S3 name the key; then the message has the parameter to type."""
    client = boto3.client("s3")
    with Stubber(client) as stubber:
        stubber.add_client_error("get_object", code, message)
        with pytest.raises(InvalidInput) as caught:
            S3Documents(client, BUCKET).read_payload("theirs", "key")

    assert expected in caught.value.allowed


@pytest.mark.usefixtures("mocked_aws")
@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        *((code, MAY_NOT) for code in ("AccessDenied", "403", "Forbidden")),
        *((code, MISSING) for code in ("NoSuchKey", "NoSuchBucket", "404", "NotFound")),
    ],
)
def test_a_refused_payload_is_told(code: str, allowed: str) -> None:
    """403: the message names the parameters of the deployment that help."""
    client = boto3.client("s3")
    with Stubber(client) as stubber:
        stubber.add_client_error("get_object", code)
        with pytest.raises(InvalidInput) as caught:
            S3Documents(client, BUCKET).read_payload("theirs", "key")

    assert ("payloadS3", "s3://theirs/key", allowed) == (caught.value.field, caught.value.value, caught.value.allowed)


@pytest.mark.usefixtures("mocked_aws")
def test_other_refusals_stay_what_they_are() -> None:
    """A busy bucket is no mistake in the input."""
    client = boto3.client("s3")
    with Stubber(client) as stubber:
        stubber.add_client_error("get_object", "SlowDown")
        with pytest.raises(ClientError, match="SlowDown"):
            S3Documents(client, BUCKET).read_payload("theirs", "key")
