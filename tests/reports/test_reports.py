"""What people reported of tuners and of Lambda, tried here: one small file for each kind of report.

CONTRIBUTING.md says how to add one.
"""

import json
import tomllib
import uuid
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from e2e.cloud import Cloud, Tuner, trace_of, wait_for

if TYPE_CHECKING:
    from conftest import SharedStack

pytestmark = pytest.mark.local_aws

FOLDER = Path(__file__).parent
FIELDS = {
    *("source", "suffered", "code", "function", "aliases", "qualifier", "reserved", "pre", "post", "object", "name"),
    *("input", "right"),
}
RIGHT = {
    "error",
    "cause",
    "outcomes",
    "reasons",
    "errors",
    "got",
    "got_distinct",
    "longest_ms",
    "invocations",
    "unsaid",
}
ECHO = """
    import json

    def handler(event, context):
        print("GOT " + json.dumps(event))
        return event
"""


def load(path: Path) -> Any:
    report = tomllib.loads(path.read_text("utf-8"))
    unknown = report.keys() - FIELDS | report.get("right", {}).keys() - RIGHT
    assert not unknown, f"{path.name}: {sorted(unknown)}"
    return pytest.param(report, id=path.stem)


REPORTS = [load(path) for path in sorted(FOLDER.glob("*.toml"))]


@pytest.fixture(scope="module")
def cloud(shared_stack: "SharedStack") -> Cloud:
    """The AWS for all reports."""
    return shared_stack.open()


@pytest.fixture
def function(cloud: Cloud, tmp_path: Path) -> Callable[..., str]:
    def make(code: str, **options: Any) -> str:
        name = f"r-{uuid.uuid4().hex[:12]}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "app.py").write_text(dedent(code), "utf-8")
        return cloud.add_function(folder, **{"name": name, "memory_mb": 512, **options})

    return make


def events_of(cloud: Cloud, arn: str) -> list[Any]:
    """Return the events that the function wrote to its log."""
    group = "/aws/lambda/" + arn.rpartition(":")[2]
    logged = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
    return [json.loads(each["message"].split("GOT ", 1)[1]) for each in logged if "GOT " in each["message"]]


def invocations_of(cloud: Cloud, arn: str) -> int:
    """Return how many invocations of the function Lambda reported."""
    group = "/aws/lambda/" + arn.rpartition(":")[2]
    logged = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
    return sum(each["message"].startswith("REPORT ") for each in logged)


def put_object(cloud: Cloud, report: dict[str, Any]) -> dict[str, str]:
    """Put the report's object into the bucket of payloads; return the field that names it."""
    content = report.get("object")
    if content is None:
        return {}
    body = bytes.fromhex(content["hex"]) if "hex" in content else content["text"].encode() * content.get("times", 1)
    cloud.client("s3").put_object(Bucket=cloud.payload_bucket, Key=content["key"], Body=body)
    return {"payloadS3": f"s3://{cloud.payload_bucket}/{content.get('named', content['key'])}"}


@pytest.mark.parametrize("report", REPORTS)
def test_what_was_reported_goes_right(cloud: Cloud, function: Callable[..., str], report: dict[str, Any]) -> None:
    """The run ends as it should, what was measured is right, and the function is as it was."""
    tuner, right = Tuner(cloud), report["right"]
    arn = function(report.get("code", ECHO), **report.get("function", {}))
    if "reserved" in report:
        reserved = report["reserved"]
        cloud.client("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=reserved)
    aliases = report.get("aliases", [])
    if "qualifier" in report or aliases:
        cloud.client("lambda").publish_version(FunctionName=arn)
    for alias in aliases:
        cloud.client("lambda").create_alias(FunctionName=arn, Name=alias, FunctionVersion="1")
    before = trace_of(cloud, arn)
    named = f"{arn}:{report['qualifier']}" if "qualifier" in report else arn
    asked = {"lambdaARN": named, "num": 2, "powerValues": [128, 512], **report.get("input", {})}
    asked |= put_object(cloud, report)
    asked |= {f"{name}ProcessorARN": function(report[name]) for name in ("pre", "post") if name in report}
    execution = tuner.wait(tuner.start(asked, report.get("name", "report")))

    assert execution["status"] == right.get("status", "FAILED" if "error" in right else "SUCCEEDED"), execution.get(
        "cause"
    )
    assert execution.get("error") == right.get("error")
    assert [words for words in right.get("cause", []) if words not in execution["cause"]] == []
    assert [words for words in right.get("unsaid", []) if words in execution["cause"]] == []
    item = tuner.run_item(arn, execution["name"])
    branches = tuner.document(item["resultKey"])["branches"] if item and "resultKey" in item else []
    found = {str(branch["powerValue"]): branch for branch in branches}
    assert {size: found[size]["outcome"] for size in right.get("outcomes", {})} == right.get("outcomes", {})
    assert {size: found[size]["errors"] for size in right.get("errors", {})} == right.get("errors", {})
    assert [size for size, words in right.get("reasons", {}).items() if words not in found[size]["reason"]] == []
    assert [each for each in branches if each.get("averageDurationMs", 0) > right.get("longest_ms", 1e9)] == []
    if "got" in right or "got_distinct" in right:
        told = wait_for("the function tells its events", lambda: events_of(cloud, arn), timeout_s=20)
        seen = {json.dumps(event) for event in told}
        assert "got" not in right or seen == {json.dumps(json.loads(right["got"]))}
        assert len(seen) == right.get("got_distinct", len(seen))
    if "invocations" in right:
        assert invocations_of(cloud, arn) == right["invocations"]
    assert trace_of(cloud, arn) == before
