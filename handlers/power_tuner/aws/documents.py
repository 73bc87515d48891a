"""A run's documents as S3 objects."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from msgspec import convert, to_builtins

from power_tuner.aws import object_keys
from power_tuner.aws.object_keys import SamplesKey
from power_tuner.errors import InvalidInput
from power_tuner.ports import SampleBlock
from power_tuner.tuning.outcome import BranchOutcome
from power_tuner.tuning.result import Draft, Result
from power_tuner.tuning.result_document import read_draft, write
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DENIED = frozenset({"AccessDenied", "403", "Forbidden"})
_DECRYPT = "kms:Decrypt"
_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d+:key/[\w-]+")
# KMS.DisabledException, KMS.NotFoundException and the like: S3 passes on what KMS said.
_KEY_ERRORS = "KMS."
# Several payloads of the largest size that Lambda takes; the Initializer holds them in its memory.
MAX_PAYLOAD_OBJECT_BYTES = 50_000_000
_MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404", "NotFound"})


class S3Documents:
    """Documents in the app's bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def save_plan(self, plan: RunPlan) -> None:
        """Save the plan."""
        self._put(object_keys.plan(plan.run_id), plan.to_dict())

    def plan(self, run_id: str) -> RunPlan:
        """Return the plan."""
        return RunPlan.from_dict(self._get(object_keys.plan(run_id)))

    def earlier_plan(self, run_id: str) -> RunPlan | None:
        """Return the plan of an earlier run, None if it was deleted meanwhile."""
        try:
            return self.plan(run_id)
        except ClientError as error:
            # S3 answers 403 for what does not exist where the caller may not list the whole bucket.
            if error.response["Error"]["Code"] in _MISSING | _DENIED:
                return None
            raise

    def save_samples(self, run_id: str, memory_mb: int, block: SampleBlock) -> None:
        """Save one block of samples; the same block saved twice counts once."""
        place = SamplesKey(memory_mb, block.batch, block.first, len(block.samples), block.call_id)
        samples = [_present(to_builtins(sample)) for sample in block.samples]
        document = {"powerValue": memory_mb, "callId": block.call_id, "firstTry": block.first_try, "samples": samples}
        self._put(object_keys.samples(run_id, place), document)

    def samples(self, run_id: str) -> dict[int, list[SampleBlock]]:
        """Return all blocks by memory size, in the order of invocation."""
        by_memory: dict[int, list[SampleBlock]] = {}
        for key in self._keys(object_keys.all_samples(run_id)):
            place = object_keys.parse_samples(key)
            data = self._get(key)
            block = SampleBlock(
                batch=place.batch,
                first=place.first,
                call_id=data["callId"],
                samples=tuple(convert(sample, Sample) for sample in data["samples"]),
                first_try=data["firstTry"],
            )
            by_memory.setdefault(place.memory_mb, []).append(block)
        return {memory_mb: sorted(blocks, key=_by_place) for memory_mb, blocks in by_memory.items()}

    def save_outcome(self, run_id: str, memory_mb: int, outcome: BranchOutcome) -> None:
        """Save why a branch failed."""
        self._put(object_keys.outcome(run_id, memory_mb), to_builtins(outcome))

    def outcomes(self, run_id: str) -> dict[int, BranchOutcome]:
        """Return the outcomes of the branches that failed, by memory size."""
        keys = self._keys(object_keys.all_outcomes(run_id))
        return {object_keys.memory_of_outcome(key): convert(self._get(key), BranchOutcome) for key in keys}

    def save_draft(self, draft: Draft) -> None:
        """Save the analysis until it is recorded."""
        self._write(object_keys.analysis(draft.run_id), write(draft))

    def draft(self, run_id: str) -> Draft:
        """Return the analysis."""
        return read_draft(self._read(object_keys.analysis(run_id)))

    def save_result(self, result: Result, day: str) -> str:
        """Save the result and return its key."""
        key = object_keys.result(result.run_id, day)
        self._write(key, write(result))
        return key

    def save_report(self, run_id: str, html: str) -> str:
        """Save the report page and return its key."""
        return self._save_page(object_keys.report(run_id), html)

    def save_fleet_page(self, html: str) -> str:
        """Save the page about all functions, over the one before, and return its key."""
        return self._save_page(object_keys.FLEET_PAGE, html)

    def read_payload(self, bucket: str, key: str) -> str:
        """Return a payload from a bucket of the user.

        Raises:
            InvalidInput: no access, no such object, too large, or no UTF-8; the message names which, and what to do.
        """
        uri = f"s3://{bucket}/{key}"
        try:
            found = self._client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            allowed = _readable(error.response["Error"]["Code"], str(error))
            if allowed is None:
                raise
            raise InvalidInput(field="payloadS3", value=uri, allowed=allowed) from error
        if found["ContentLength"] > MAX_PAYLOAD_OBJECT_BYTES:
            allowed = f"an object of at most {MAX_PAYLOAD_OBJECT_BYTES} bytes; this one has {found['ContentLength']}"
            raise InvalidInput(field="payloadS3", value=uri, allowed=allowed)
        body: bytes = found["Body"].read()
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _not_utf8(uri, body, error.start) from None
        if b"\0" in body:
            # Neither JSON nor text has one: it is UTF-16, or no text.
            raise _not_utf8(uri, body, body.index(b"\0"))
        return text

    def _save_page(self, key: str, html: str) -> str:
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=html.encode(), ContentType="text/html; charset=utf-8"
        )
        return key

    def _put(self, key: str, document: Mapping[str, object]) -> None:
        self._write(key, json.dumps(document, separators=(",", ":")))

    def _write(self, key: str, text: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode(), ContentType="application/json")

    def _get(self, key: str) -> Any:  # any JSON; the document's own module reads it
        return json.loads(self._read(key))

    def _read(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def _keys(self, prefix: str) -> Iterator[str]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []))


def _readable(code: str, message: str) -> str | None:
    """Return what object could be read instead; None if the error is not about the object."""
    if code in _DENIED and _DECRYPT in message:
        key = next(iter(_KEY_ARN.findall(message)), "its key")
        return (
            f"an object that this app may decrypt: kms:Decrypt was refused for {key}; deploy the app with "
            f"payloadKmsKeyArns={key}, and let the key's policy allow it"
        )
    if code in _DENIED:
        return (
            "an object that this app may read: deploy it with payloadS3Bucket (and payloadS3Key); if a KMS key of "
            "yours encrypts the object, reading it needs kms:Decrypt on that key, too: payloadKmsKeyArns"
        )
    if code.startswith(_KEY_ERRORS):
        return f"an object whose KMS key can be used: {message}"
    return "an object that exists" if code in _MISSING else None


def _not_utf8(uri: str, body: bytes, place: int) -> InvalidInput:
    allowed = f"an object in UTF-8; byte {place} of this one ({body[place]:#04x}) is not"
    return InvalidInput(field="payloadS3", value=uri, allowed=allowed)


def _by_place(block: SampleBlock) -> tuple[int, int]:
    return block.first, len(block.samples)


def _present(document: Mapping[str, object]) -> dict[str, object]:
    """Leave out what says nothing."""
    return {name: value for name, value in document.items() if value is not None}
