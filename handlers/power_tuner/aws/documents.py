"""A run's documents as S3 objects."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from msgspec import convert, to_builtins

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
_MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404", "NotFound"})


class S3Documents:
    """Documents in the app's bucket, under ``runs/``, ``results/`` and ``reports/``."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def save_plan(self, plan: RunPlan) -> None:
        """Save the plan."""
        self._put(f"runs/{plan.run_id}/plan.json", plan.to_dict())

    def plan(self, run_id: str) -> RunPlan:
        """Return the plan."""
        return RunPlan.from_dict(self._get(f"runs/{run_id}/plan.json"))

    def save_samples(self, run_id: str, memory_mb: int, block: SampleBlock) -> None:
        """Save one block of samples; the same block saved twice counts once."""
        key = f"runs/{run_id}/samples/{memory_mb}/{block.batch}-{block.first}-{len(block.samples)}.json"
        samples = [_present(to_builtins(sample)) for sample in block.samples]
        self._put(key, {"powerValue": memory_mb, "callId": block.call_id, "samples": samples})

    def samples(self, run_id: str) -> dict[int, list[SampleBlock]]:
        """Return all blocks by memory size, in the order of invocation."""
        by_memory: dict[int, list[SampleBlock]] = {}
        for key in self._keys(f"runs/{run_id}/samples/"):
            memory_mb, name = key.rsplit("/", 2)[1:]
            batch, first, _ = (int(part) for part in name.removesuffix(".json").split("-"))
            data = self._get(key)
            block = SampleBlock(
                batch=batch,
                first=first,
                call_id=data["callId"],
                samples=tuple(convert(sample, Sample) for sample in data["samples"]),
            )
            by_memory.setdefault(int(memory_mb), []).append(block)
        return {memory_mb: sorted(blocks, key=_by_place) for memory_mb, blocks in by_memory.items()}

    def save_outcome(self, run_id: str, memory_mb: int, outcome: BranchOutcome) -> None:
        """Save why a branch failed."""
        self._put(f"runs/{run_id}/outcomes/{memory_mb}.json", to_builtins(outcome))

    def outcomes(self, run_id: str) -> dict[int, BranchOutcome]:
        """Return the outcomes of the branches that failed, by memory size."""
        keys = self._keys(f"runs/{run_id}/outcomes/")
        return {
            int(key.rsplit("/", 1)[1].removesuffix(".json")): convert(self._get(key), BranchOutcome) for key in keys
        }

    def save_draft(self, draft: Draft) -> None:
        """Save the analysis until it is recorded."""
        self._write(f"runs/{draft.run_id}/analysis.json", write(draft))

    def draft(self, run_id: str) -> Draft:
        """Return the analysis."""
        return read_draft(self._read(f"runs/{run_id}/analysis.json"))

    def save_result(self, result: Result, day: str) -> str:
        """Save the result and return its key."""
        key = f"results/date={day}/{result.run_id}.json"
        self._write(key, write(result))
        return key

    def save_report(self, run_id: str, html: str) -> str:
        """Save the report page and return its key."""
        key = f"reports/{run_id}.html"
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=html.encode(), ContentType="text/html; charset=utf-8"
        )
        return key

    def read_payload(self, bucket: str, key: str) -> str:
        """Return a payload from a bucket of the user.

        Raises:
            InvalidInput: no access or no such object; the message names which, and what to do.
        """
        uri = f"s3://{bucket}/{key}"
        try:
            body: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _DENIED:
                allowed = "an object that this app may read: deploy it with payloadS3Bucket (and payloadS3Key)"
                raise InvalidInput(field="payloadS3", value=uri, allowed=allowed) from error
            if code in _MISSING:
                raise InvalidInput(field="payloadS3", value=uri, allowed="an object that exists") from error
            raise
        return body.decode("utf-8", errors="replace")

    def _put(self, key: str, document: Mapping[str, object]) -> None:
        self._write(key, json.dumps(document, separators=(",", ":")))

    def _write(self, key: str, text: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode(), ContentType="application/json")

    def _get(self, key: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._read(key))
        return document

    def _read(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def _keys(self, prefix: str) -> Iterator[str]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []))


def _by_place(block: SampleBlock) -> tuple[int, int]:
    return block.first, len(block.samples)


def _present(document: Mapping[str, object]) -> dict[str, object]:
    """Leave out what says nothing."""
    return {name: value for name, value in document.items() if value is not None}
