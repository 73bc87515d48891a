"""Each field of the run's input does what the seed says, through the state machine; each test is named after one."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner, bundle, trace_of, wait_for

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]

# Writes what it got, so that a test can read in its log what was sent.
TELLING = """
    import json

    def handler(event, context):
        print("GOT " + json.dumps(event))
        return {"answer": event}
"""
ADDING = """
    import json

    def handler(event, context):
        print("GOT " + json.dumps(event))
        return {"made": "by the pre-processor"}
"""
SILENT = """
    def handler(event, context):
        return None
"""
REFUSING = """
    def handler(event, context):
        raise ConnectionError("no database for secret-7")
"""


def got(cloud: Cloud, arn: str, count: int) -> list[Any]:
    """Return the events that a telling function wrote to its log, once there are as many as expected."""
    group = "/aws/lambda/" + arn.rsplit(":", 1)[1]

    def events() -> list[Any]:
        logged = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
        messages = (event["message"] for event in logged)
        told = [json.loads(message.split("GOT ", 1)[1]) for message in messages if "GOT " in message]
        return told if len(told) >= count else []

    found: list[Any] = wait_for(f"{count} events in {group}", events, timeout_s=20)
    return found


def result_of(tuner: Tuner, arn: str, execution: dict[str, Any]) -> dict[str, Any]:
    """Return the result document of a run."""
    item = tuner.run_item(arn, execution["name"])
    assert item, execution
    return tuner.document(item["resultKey"])


@pytest.mark.parametrize("form", ["name", "arn", "version", "alias"])
def test_lambda_arn(cloud: Cloud, tuner: Tuner, target: MakeTarget, form: str) -> None:
    """A name, an ARN, a version's ARN and an alias' ARN are all accepted; what is called is resolved."""
    arn = target(memory_mb=256)
    client = cloud.client("lambda")
    version = client.publish_version(FunctionName=arn)["Version"]
    client.create_alias(FunctionName=arn, Name="live", FunctionVersion=version)
    client.update_function_configuration(FunctionName=arn, MemorySize=1024)
    wait_for(
        "the update has settled",
        lambda: client.get_function_configuration(FunctionName=arn)["LastUpdateStatus"] == "Successful",
    )
    before = trace_of(cloud, arn)
    name = {"name": arn.rsplit(":", 1)[1], "arn": arn, "version": f"{arn}:{version}", "alias": f"{arn}:live"}[form]

    execution = tuner.tune({"lambdaARN": name, "num": 1, "powerValues": [128, 256]})

    called_mb = 256 if form in {"version", "alias"} else 1024
    assert execution["status"] == "SUCCEEDED"
    assert result_of(tuner, arn, execution)["target"]["memoryMb"] == called_mb
    assert trace_of(cloud, arn) == before


def test_lambda_arn_of_an_alias_with_other_code_is_refused(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """An alias whose code is no longer that of $LATEST cannot be measured at other memory sizes."""
    arn = target()
    client = cloud.client("lambda")
    version = client.publish_version(FunctionName=arn)["Version"]
    client.create_alias(FunctionName=arn, Name="old", FunctionVersion=version)
    client.update_function_code(FunctionName=arn, ZipFile=bundle("def handler(event, context):\n    return 2\n"))

    execution = tuner.tune({"lambdaARN": f"{arn}:old", "num": 1, "powerValues": [128]})

    assert execution["error"] == "TargetNotTunable"
    assert "no longer the code of $LATEST" in execution["cause"]


def test_lambda_arn_of_a_function_that_streams_is_refused(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """What is only called by response streaming is not measured by Invoke, and not touched."""
    arn = target()
    cloud.client("lambda").create_function_url_config(
        FunctionName=arn, AuthType="AWS_IAM", InvokeMode="RESPONSE_STREAM"
    )
    before = trace_of(cloud, arn)

    execution = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [128]})

    assert execution["error"] == "TargetNotTunable"
    assert "streams the response" in execution["cause"]
    assert trace_of(cloud, arn) == before


def test_num(tuner: Tuner, target: MakeTarget) -> None:
    """Each memory size is invoked num times."""
    arn = target()

    execution = tuner.tune({"lambdaARN": arn, "num": "3", "powerValues": [128, 256]})

    assert [3, 3] == [branch["invocations"] for branch in result_of(tuner, arn, execution)["branches"]]


def test_power_values(tuner: Tuner, target: MakeTarget) -> None:
    """Memory sizes may be strings and in any order; duplicates are measured once."""
    arn = target()

    execution = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": ["256", 128, 256, "128"]})

    assert [128, 256] == [branch["powerValue"] for branch in result_of(tuner, arn, execution)["branches"]]


def test_power_values_absent(tuner: Tuner, target: MakeTarget) -> None:
    """Without memory sizes the stack's own are measured."""
    arn = target()

    execution = tuner.tune({"lambdaARN": arn, "num": 1})

    memories_mb = [branch["powerValue"] for branch in result_of(tuner, arn, execution)["branches"]]
    assert [128, 256, 512, 1024, 1536, 3008] == memories_mb


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({"order": 17}, {"order": 17}),
        ([1, 2], [1, 2]),
        ("just words", "just words"),
        ('{"in": "text"}', {"in": "text"}),
        (None, None),
    ],
    ids=["object", "list", "words", "json-in-text", "none"],
)
def test_payload(cloud: Cloud, tuner: Tuner, target: MakeTarget, payload: Any, event: Any) -> None:
    """A payload reaches the function as it is; text that is JSON reaches it as that JSON."""
    arn = target(TELLING)

    tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [256], "payload": payload})

    assert got(cloud, arn, 1) == [event]


WEIGHTED = [{"payload": {"kind": "a"}, "weight": 1}, {"payload": {"kind": "b"}, "weight": 3}]


def test_payload_weighted(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """Weighted payloads are sent in proportion to their weights."""
    arn = target(TELLING)

    tuner.tune({"lambdaARN": arn, "num": 4, "powerValues": [256], "payload": WEIGHTED})

    kinds = sorted(event["kind"] for event in got(cloud, arn, 4))
    assert kinds == ["a", "b", "b", "b"]


def test_payload_weighted_needs_enough_invocations(tuner: Tuner, target: MakeTarget) -> None:
    """Each weighted payload is used at least once, so num must not be smaller than their number."""
    execution = tuner.tune({"lambdaARN": target(), "num": 1, "powerValues": [256], "payload": WEIGHTED})

    assert execution["error"] == "InvalidInput"
    assert "at least 2" in execution["cause"]


@pytest.mark.parametrize(("body", "kinds"), [({"kind": "plain"}, ["plain"] * 4), (WEIGHTED, ["a", "b", "b", "b"])])
def test_payload_s3(cloud: Cloud, tuner: Tuner, target: MakeTarget, body: Any, kinds: list[str]) -> None:
    """A payload in S3 is fetched, plain or weighted."""
    arn = target(TELLING)
    key = f"runs/e2e-payload-{len(json.dumps(body))}.json"
    cloud.client("s3").put_object(Bucket=cloud.payload_bucket, Key=key, Body=json.dumps(body).encode())

    tuner.tune({"lambdaARN": arn, "num": 4, "powerValues": [256], "payloadS3": f"s3://{cloud.payload_bucket}/{key}"})

    assert sorted(event["kind"] for event in got(cloud, arn, 4)) == kinds


def test_payload_s3_key_as_in_a_url(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A space is written %20, and what follows a question mark is no part of the key."""
    arn = target(TELLING)
    cloud.client("s3").put_object(Bucket=cloud.payload_bucket, Key="runs/e2e my order.json", Body=b'{"kind": "mine"}')
    uri = f"s3://{cloud.payload_bucket}/runs/e2e%20my%20order.json?versionId=1"

    tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [256], "payloadS3": uri})

    assert [{"kind": "mine"}] == got(cloud, arn, 1)


def test_where_a_run_comes_from(tuner: Tuner, target: MakeTarget) -> None:
    """What Step Functions and its console add to an input is kept with the run, and changes nothing."""
    arn = target()
    parent = "arn:aws:states:us-east-1:123456789012:execution:nightly:7"
    origin = {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": parent, "Comment": "after the migration"}

    execution = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [256], **origin})
    item = tuner.run_item(arn, execution["name"])

    assert "SUCCEEDED" == execution["status"]
    assert item
    assert (parent, "after the migration") == (item["startedBy"], item["comment"])


@pytest.mark.parametrize("name", ["tuning-é-日本", "it's-(1)+x=1@2!"])
def test_a_run_may_have_any_name(cloud: Cloud, tuner: Tuner, target: MakeTarget, name: str) -> None:
    """Each name that Step Functions takes names a run, its documents and its item."""
    arn = target()
    run_input = json.dumps({"lambdaARN": arn, "num": 1, "powerValues": [256]})
    begun = cloud.client("stepfunctions").start_execution(
        stateMachineArn=cloud.outputs["StateMachineArn"], name=name, input=run_input
    )

    assert "SUCCEEDED" == tuner.wait(begun["executionArn"])["status"]
    assert tuner.run_item(arn, name)


def test_payload_s3_missing(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """An object that does not exist is told apart from one that may not be read."""
    uri = f"s3://{cloud.payload_bucket}/runs/nothing-here.json"

    execution = tuner.tune({"lambdaARN": target(), "num": 1, "powerValues": [256], "payloadS3": uri})

    assert execution["error"] == "InvalidInput"
    assert "an object that exists" in execution["cause"]


def test_balanced_weight(tuner: Tuner, target: MakeTarget) -> None:
    """Weight 1 chooses as cost does, weight 0 as speed does."""
    arn = target("import time\ndef handler(event, context):\n    time.sleep(0.02)\n    return sum(range(100_000))\n")
    run = {"lambdaARN": arn, "num": 5, "powerValues": [128, 1769], "strategy": "balanced"}

    cheapest = tuner.tune({**run, "balancedWeight": 1})["output"]["power"]
    fastest = tuner.tune({**run, "balancedWeight": 0})["output"]["power"]

    assert (cheapest, fastest) == (128, 1769)


def test_auto_optimize_alias(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The alias is created, then moved, to a new version with the chosen memory."""
    arn = target(memory_mb=512)
    client = cloud.client("lambda")
    run = {"lambdaARN": arn, "num": 1, "autoOptimize": True, "autoOptimizeAlias": "prod"}
    memories = []
    for memory_mb in (128, 256):
        execution = tuner.tune({**run, "powerValues": [memory_mb]})
        wait_for("it is applied", partial(tuner.applied, arn, execution["name"]))
        memories.append(client.get_function_configuration(FunctionName=arn, Qualifier="prod")["MemorySize"])

    assert memories == [128, 256]


def test_auto_optimize_canary(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The alias stays, and a new version with the chosen memory gets a share of its calls."""
    arn = target(memory_mb=512)
    client = cloud.client("lambda")
    version = client.publish_version(FunctionName=arn)["Version"]
    client.create_alias(FunctionName=arn, Name="prod", FunctionVersion=version)
    run = {"lambdaARN": arn, "num": 1, "autoOptimize": True, "autoOptimizeAlias": "prod", "autoOptimizeCanary": True}
    tuner.tune({**run, "powerValues": [128]})

    def shared() -> dict[str, Any]:
        alias = client.get_alias(FunctionName=arn, Name="prod")
        found: dict[str, Any] = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return found

    (tried,) = wait_for("it has a share", shared).items()
    item = next(item for item in tuner.items(arn) if item["SK"] == "CANARY")
    cloud.client("stepfunctions").stop_execution(executionArn=item["executionArn"])
    wait_for("it is taken back", lambda: not shared())

    assert tried[1] == 0.05
    assert client.get_function_configuration(FunctionName=arn, Qualifier=tried[0])["MemorySize"] == 128


def test_dry_run(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A dry run invokes once, decides nothing and applies nothing."""
    arn = target(TELLING, memory_mb=512)

    execution = tuner.tune({"lambdaARN": arn, "num": 9, "powerValues": [128], "dryRun": True, "autoOptimize": True})

    assert execution["status"] == "SUCCEEDED"
    assert "power" not in execution["output"]
    assert len(got(cloud, arn, 1)) == 1
    assert cloud.client("lambda").get_function_configuration(FunctionName=arn)["MemorySize"] == 512


def test_pre_processor_arn(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The pre-processor gets the original payload; its output replaces it."""
    arn, pre = target(TELLING), target(ADDING)

    tuner.tune(
        {"lambdaARN": arn, "num": 2, "powerValues": [256], "payload": {"original": True}, "preProcessorARN": pre}
    )

    assert got(cloud, pre, 2) == [{"original": True}] * 2
    assert got(cloud, arn, 2) == [{"made": "by the pre-processor"}] * 2


def test_pre_processor_arn_with_empty_output(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A pre-processor that returns nothing leaves the payload as it is."""
    arn, pre = target(TELLING), target(SILENT)

    tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [256], "payload": {"a": 1}, "preProcessorARN": pre})

    assert got(cloud, arn, 1) == [{"a": 1}]


def test_post_processor_arn(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The post-processor gets the function's output; its own time is in no statistic."""
    arn = target()
    slow = target("import time, json\ndef handler(e, c):\n    print('GOT ' + json.dumps(e))\n    time.sleep(0.5)\n")

    execution = tuner.tune(
        {"lambdaARN": arn, "num": 2, "powerValues": [512], "payload": {"a": 1}, "postProcessorARN": slow}
    )

    assert got(cloud, slow, 2) == [{"echo": {"a": 1}}] * 2
    assert execution["output"]["duration"] < 400


@pytest.mark.parametrize("role", ["preProcessorARN", "postProcessorARN"])
def test_processor_that_fails_fails_the_run(tuner: Tuner, target: MakeTarget, role: str) -> None:
    """A processor that fails ends the run with its name in the reason."""
    processor = target(REFUSING)

    execution = tuner.tune({"lambdaARN": target(), "num": 1, "powerValues": [256], role: processor})

    assert execution["error"] == "ProcessorFailed"
    assert processor in execution["cause"]
    assert "no database" in execution["cause"]


def test_discard_top_bottom(tuner: Tuner, target: MakeTarget) -> None:
    """With 0 every sample counts, the cold one too; with 0.4 only the middle ones do."""
    source = "import time\ntime.sleep(0.3)\ndef handler(event, context):\n    time.sleep(0.01)\n"
    arn = target(source)
    run = {"lambdaARN": arn, "num": 5, "powerValues": [512]}

    all_of_them = tuner.tune({**run, "discardTopBottom": 0})["output"]["duration"]
    the_middle = tuner.tune({**run, "discardTopBottom": 0.4})["output"]["duration"]

    assert all_of_them > 60
    assert the_middle < 40


def test_sleep_between_runs_ms(tuner: Tuner, target: MakeTarget) -> None:
    """The Executor waits between invocations, and the waiting is in no statistic."""
    began = time.monotonic()

    execution = tuner.tune({"lambdaARN": target(), "num": 4, "powerValues": [512], "sleepBetweenRunsMs": 700})

    assert time.monotonic() - began > 2.8
    assert execution["output"]["duration"] < 400


def test_disable_payload_logs(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """What function, payload and processors say stays out of the failure's cause and item."""
    arn = target(REFUSING)

    execution = tuner.tune(
        {
            "lambdaARN": arn,
            "num": 1,
            "powerValues": [256],
            "payload": {"token": "secret-7"},
            "disablePayloadLogs": True,
        }
    )

    item = tuner.run_item(arn, execution["name"])
    assert execution["error"] == "NothingMeasured"
    assert "secret-7" not in execution["cause"] + json.dumps(item)
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    ours = [group["logGroupName"] for group in groups if group["logGroupName"].startswith("power-tuner-")]
    logged = [
        event["message"]
        for group in ours
        for event in cloud.client("logs").filter_log_events(logGroupName=group)["events"]
        if execution["name"] in event["message"]
    ]
    assert logged
    assert [message for message in logged if "secret-7" in message] == []


def test_include_output_results(tuner: Tuner, target: MakeTarget) -> None:
    """The averages of every memory size are in the output only when they are asked for."""
    arn = target()
    run = {"lambdaARN": arn, "num": 1, "powerValues": [128, 256]}

    with_results = tuner.tune({**run, "includeOutputResults": True})["output"]
    without = tuner.tune(run)["output"]

    assert [128, 256] == [entry["value"] for entry in with_results["stats"]]
    assert "stats" not in without


def test_only_cold_starts(tuner: Tuner, target: MakeTarget) -> None:
    """Only samples with an Init Duration count, as many as were asked for, from one version per memory size."""
    arn = target("import time\ntime.sleep(0.2)\ndef handler(event, context):\n    return 1\n")

    execution = tuner.tune({"lambdaARN": arn, "num": 4, "powerValues": [256, 512], "onlyColdStarts": True})

    branches = result_of(tuner, arn, execution)["branches"]
    assert [(4, 4), (4, 4)] == [(branch["samples"], branch["coldSamples"]) for branch in branches]
    assert execution["output"]["duration"] > 200


def test_allowed_exceptions(tuner: Tuner, target: MakeTarget) -> None:
    """An error type that is allowed counts as success."""
    arn = target(REFUSING)

    execution = tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [256], "allowedExceptions": ["ConnectionError"]})

    assert execution["status"] == "SUCCEEDED"
    assert result_of(tuner, arn, execution)["branches"][0]["samples"] == 2
