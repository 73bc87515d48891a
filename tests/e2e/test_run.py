"""A run from the first call to the last event."""

import time
from collections import Counter
from collections.abc import Callable

import pytest

from e2e.cloud import Cloud, Tuner, trace_of, wait_for
from power_tuner.aws.history import DynamoHistory
from power_tuner.aws.item_table import ItemTable

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]

CPU = """
    import hashlib

    def handler(event, context):
        return hashlib.pbkdf2_hmac("sha256", b"p", b"s", 8000).hex()
"""
HUNGRY = """
    def handler(event, context):
        return len(bytearray(150 * 1024 * 1024))
"""
FAILING = """
    def handler(event, context):
        raise LookupError("no such order: 17")
"""


def test_run_gives_the_peers_output_and_leaves_no_trace(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A completed run has the peer's output, an item and objects; the target is as it was."""
    arn = target(CPU, memory_mb=512)
    before = trace_of(cloud, arn)

    execution = tuner.tune(
        {"lambdaARN": arn, "num": 5, "powerValues": [128, 512, 1024], "payload": {}, "includeOutputResults": True}
    )

    output = execution["output"]
    assert execution["status"] == "SUCCEEDED"
    assert set(output) == {"power", "cost", "duration", "stateMachine", "stats"}
    costs = output["stateMachine"]
    assert set(costs) == {"executionCost", "lambdaCost", "visualization", "measured", "estimated"}
    assert {"lambdaCost": costs["lambdaCost"]} == costs["measured"]
    assert costs["executionCost"] == costs["estimated"]["executionCost"]
    assert [128, 512, 1024] == [entry["value"] for entry in output["stats"]]
    assert output["stats"][0]["averageDuration"] > output["stats"][1]["averageDuration"]
    assert trace_of(cloud, arn) == before
    assert not tuner.leases(arn)
    item = tuner.run_item(arn, execution["name"])
    assert item
    assert item["status"] == "completed"
    assert int(item["power"]) == output["power"]
    assert tuner.document(item["resultKey"])["output"] == output
    assert item["reportKey"] in tuner.keys("reports/")
    assert len(tuner.keys(f"runs/{execution['name']}/samples/")) >= 3


def test_name_of_a_run_has_letters_of_any_script(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A run whose execution has a name outside ASCII completes, with its objects, and leaves no trace."""
    arn = target(CPU, memory_mb=512)
    before = trace_of(cloud, arn)

    execution = tuner.wait(tuner.start({"lambdaARN": arn, "num": 2, "powerValues": [128, 512]}, prefix="tuning-é調"))

    item = tuner.run_item(arn, execution["name"])
    assert item
    assert execution["output"] == tuner.document(item["resultKey"])["output"]
    assert trace_of(cloud, arn) == before


def test_transitions_are_counted_as_they_happened(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """Counted are the states that the histories of parent and children show, and each child's start.

    A failed branch is among them.
    """
    arn = target(HUNGRY, memory_mb=512)

    execution = tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [128, 512, 1024]})

    entered, retried, children = transitions_of(cloud, execution["executionArn"])
    item = tuner.run_item(arn, execution["name"])
    assert item
    assert (0, 3) == (retried, children)
    assert tuner.document(item["resultKey"])["spent"]["stateTransitions"] == entered + children


def test_retries_are_not_counted(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """What Step Functions tries again, in the parent and in children, adds nothing to the state transitions."""
    arn = target(CPU, memory_mb=512)

    handlers = ("InitializerFunction", "PublisherFunction", "ExecutorFunction", "AnalyzerFunction", "RecordFunction")
    with cloud.throttled_once(*handlers):
        execution = tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [128, 512]})

    entered, retried, children = transitions_of(cloud, execution["executionArn"])
    item = tuner.run_item(arn, execution["name"])
    assert item
    assert 5 == retried
    assert tuner.document(item["resultKey"])["spent"]["stateTransitions"] == entered + children


def transitions_of(cloud: Cloud, execution_arn: str) -> tuple[int, int, int]:
    """Return how many states an execution and its children entered, how often one was tried again, and the children."""
    client = cloud.client("stepfunctions")
    map_runs = client.list_map_runs(executionArn=execution_arn)["mapRuns"]
    children = [
        child["executionArn"]
        for map_run in map_runs
        for child in client.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
    ]
    types: Counter[str] = Counter()
    for one in [execution_arn, *children]:
        events = client.get_execution_history(executionArn=one, maxResults=1000)["events"]
        types.update(event["type"] for event in events)
    entered = sum(count for kind, count in types.items() if kind.endswith("StateEntered"))
    scheduled = types["TaskScheduled"] + types["LambdaFunctionScheduled"]
    return entered, scheduled - types["TaskStateEntered"], len(children)


def test_a_branch_out_of_memory_does_not_lose_the_others(tuner: Tuner, target: MakeTarget) -> None:
    """128 MB is too small for the target: that branch says so, the run still answers."""
    arn = target(HUNGRY, memory_mb=512)

    execution = tuner.tune({"lambdaARN": arn, "num": 3, "powerValues": [128, 512, 1024], "payload": {}})

    item = tuner.run_item(arn, execution["name"])
    assert item
    result = tuner.document(item["resultKey"])
    assert execution["status"] == "SUCCEEDED"
    assert ["out-of-memory", "ok", "ok"] == [branch["outcome"] for branch in result["branches"]]
    assert execution["output"]["power"] in {512, 1024}


def test_a_target_that_always_fails_fails_the_run(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """When no branch is left the execution has FAILED, with each branch's reason; item and target agree."""
    arn = target(FAILING)
    before = trace_of(cloud, arn)

    execution = tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [128, 256]})

    assert execution["status"] == "FAILED"
    assert execution["error"] == "NothingMeasured"
    assert "no such order: 17" in execution["cause"]
    assert trace_of(cloud, arn) == before
    item = tuner.run_item(arn, execution["name"])
    assert item
    assert (item["status"], item["error"]) == ("failed", "NothingMeasured")
    assert not tuner.leases(arn)


@pytest.mark.parametrize(("strategy", "best"), [("speed", 1769), ("cost", 128)])
def test_strategy(tuner: Tuner, target: MakeTarget, strategy: str, best: int) -> None:
    """A function that only waits is cheapest at the smallest value; one that computes is fastest at a full vCPU."""
    waiting = "import time\ndef handler(event, context):\n    time.sleep(0.05)\n"
    arn = target(CPU if strategy == "speed" else waiting)

    execution = tuner.tune({"lambdaARN": arn, "num": 5, "powerValues": [128, 512, 1769], "strategy": strategy})

    assert execution["output"]["power"] == best


def test_parallel_invocation(tuner: Tuner, target: MakeTarget) -> None:
    """Parallel invocations run at the same time, in new sandboxes."""
    arn = target("import time\ndef handler(event, context):\n    time.sleep(0.3)\n")

    execution = tuner.tune({"lambdaARN": arn, "num": 6, "powerValues": [512], "parallelInvocation": True})

    item = tuner.run_item(arn, execution["name"])
    assert item
    branch = tuner.document(item["resultKey"])["branches"][0]
    assert (branch["samples"], branch["coldSamples"]) == (6, 6)


def test_auto_optimize_applies_the_decision(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """With autoOptimize the completion event makes the Optimizer set the memory, and the item says so."""
    arn = target(memory_mb=1024)

    execution = tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [128], "strategy": "cost", "autoOptimize": True})

    wait_for("the decision is applied", lambda: tuner.applied(arn, execution["name"]))
    configuration = cloud.client("lambda").get_function_configuration(FunctionName=arn)
    assert configuration["MemorySize"] == 128
    wait_for("its lease is given back", lambda: not tuner.leases(arn))


def test_without_auto_optimize_nothing_is_applied(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A run changes nothing unless it is asked to."""
    arn = target(memory_mb=1024)

    tuner.tune({"lambdaARN": arn, "num": 2, "powerValues": [128]})

    assert cloud.client("lambda").get_function_configuration(FunctionName=arn)["MemorySize"] == 1024


SLOW = """
    import time

    def handler(event, context):
        time.sleep(60)
"""


@pytest.mark.parametrize(
    ("source", "run_input"),
    [
        (CPU, {"num": 4}),
        (CPU, {"maxInvocations": 12}),
        (CPU, {"num": 6, "parallelInvocation": True}),
        # Each invocation ends at the function's timeout, which is billed.
        (SLOW, {"num": 3, "toleratedErrorShare": 1.0}),
    ],
)
def test_no_run_spends_more_than_it_noted_before_its_first_invocation(
    cloud: Cloud, tuner: Tuner, target: MakeTarget, source: str, run_input: dict[str, object]
) -> None:
    """The most that a run may spend is in the table when it begins, and it spends less."""
    arn = target(source, memory_mb=256, timeout_s=1 if source is SLOW else 10)
    execution = tuner.tune({"lambdaARN": arn, "powerValues": [256, 512], "payload": {}, **run_input})

    begun = DynamoHistory(ItemTable(cloud.client("dynamodb"), cloud.outputs["TableName"]), time.time, 1).begun(
        execution["name"]
    )
    assert begun
    assert begun.ceiling
    assert begun.ceiling.total_usd > 0
    item = tuner.run_item(arn, execution["name"])
    if item and item["status"] == "completed":
        spent = tuner.document(item["resultKey"])["spent"]
        assert spent["invocations"] <= begun.ceiling.invocations
        assert spent["lambdaCostUsd"] <= begun.ceiling.lambda_cost_usd
        assert spent["executionCostUsd"] <= begun.ceiling.execution_cost_usd
    else:
        assert source is SLOW
