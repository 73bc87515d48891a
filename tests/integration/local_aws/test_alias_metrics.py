"""CloudWatch's metrics of an alias whose calls two versions share."""

import time
from pathlib import Path
from typing import Any

import pytest

from power_tuner.aws.alias_metrics import CloudWatchAliasCalls

pytestmark = pytest.mark.local_aws

SOURCE = """
def handler(event, context):
    assert context.function_version == "1"
"""


def test_calls_of_a_shared_alias_are_counted_by_version(aws: Any, tmp_path: Path) -> None:
    """Calls and errors of both versions; of an alias without weights there are none."""
    (tmp_path / "app.py").write_text(SOURCE, encoding="utf-8")
    arn = aws.add_function(tmp_path, name="shared", memory_mb=256)
    client = aws.client("lambda")
    client.publish_version(FunctionName=arn)
    client.update_function_configuration(FunctionName=arn, MemorySize=512)
    client.get_waiter("function_updated_v2").wait(FunctionName=arn, WaiterConfig={"Delay": 1})
    client.publish_version(FunctionName=arn)
    client.create_alias(FunctionName=arn, Name="plain", FunctionVersion="1")
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    client.create_alias(FunctionName=arn, Name="live", FunctionVersion="1", RoutingConfig=weights)
    aliases = [*["plain"] * 20, *["live"] * 20]
    ran = [client.invoke(FunctionName=f"{arn}:{alias}")["ExecutedVersion"] for alias in aliases]
    now_s = time.time()
    calls = CloudWatchAliasCalls(aws.client("cloudwatch"))
    found = calls.of_versions("shared", "live", ["1", "2"], now_s - 60, now_s)

    assert ran[:20] == ["1"] * 20
    assert (found["1"].calls, found["2"].calls) == (ran[20:].count("1"), ran[20:].count("2"))
    assert (found["1"].failed, found["2"].failed) == (0, found["2"].calls)
    assert calls.of_versions("shared", "plain", ["1"], now_s - 60, now_s)["1"].calls == 0
