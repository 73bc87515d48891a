"""Beginning: nothing is touched before the input is accepted and the lease is held."""

import json
from contextlib import nullcontext
from typing import Any

import pytest
from msgspec.structs import replace

from fake_lambda import TARGET_ARN
from fakes import NOON, NOON_S
from power_tuner.errors import InvalidInput, PowerTunerError, TargetBusy, TargetNotTunable
from power_tuner.ports import Begun, FunctionForbidden
from power_tuner.tuning.lease import LEASE_S, Lease, Original
from power_tuner.tuning.payloads import WeightedPayload, as_json
from world import RUN_ID, World, execution_of


def held(world: World) -> Lease:
    lease = world.leases.get(TARGET_ARN)
    assert lease is not None
    return lease


def test_the_state_of_a_run_is_small(world: World) -> None:
    """What the state machine carries does not grow with payload or memory sizes."""

    assert {
        "run": {"runId": RUN_ID, "targetArn": TARGET_ARN, "maxConcurrentBranches": 5},
        "round": {"done": False, "number": 1, "batches": None},
    } == world.begin(payload="x" * 100_000, powerValues="ALL")


def test_without_num_the_engine_begins(world: World) -> None:
    """The smart mode starts with the round that the engine asks for: some of the memory sizes, a few each."""
    asked = world.begin(num=..., powerValues="ALL")["round"]["batches"]

    assert 1 < len(asked) < 20
    assert {0} == {begin for batches in asked.values() for begin, _ in batches}


def test_the_lease_remembers_the_function(world: World) -> None:
    """The lease says what to put back, and what the run measures."""
    world.begin()

    latest = world.functions.get(TARGET_ARN)
    assert Lease(
        run_id=RUN_ID,
        execution_arn=execution_of(RUN_ID).arn,
        target_arn=TARGET_ARN,
        original=Original(1024, latest.fingerprint, "code-1", latest.version_fingerprint),
        until_s=int(NOON_S) + LEASE_S,
    ) == held(world)


def test_the_plan_describes_the_target(world: World) -> None:
    """Later steps read the target as it was when the run began."""
    world.begin()

    target = world.documents.plan(RUN_ID).target
    assert (TARGET_ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 30) == (
        target.arn,
        target.name,
        target.region,
        target.architecture,
        target.runtime,
        target.code_sha256,
        target.memory_mb,
        target.timeout_s,
    )


def test_the_lease_comes_before_the_look(world: World) -> None:
    """Another run's test memory is never taken for the original: the target is read under the lease."""
    held_at_the_look: list[Lease | None] = []
    world.functions.before("get", 1, lambda: held_at_the_look.append(world.leases.get(TARGET_ARN)))

    world.begin()

    taken = Lease(
        run_id=RUN_ID, execution_arn=execution_of(RUN_ID).arn, target_arn=TARGET_ARN, until_s=int(NOON_S) + 2400
    )
    assert [taken] == held_at_the_look


def test_the_target_is_looked_at_once(world: World) -> None:
    """Without a qualifier what its callers get is $LATEST."""
    world.begin()

    assert ["get", "only_streams"] == [method for method, *_ in world.functions.calls]


def test_a_name_stands_for_the_function_next_to_the_app(world: World) -> None:
    """A bare name is a function of the app's own account and region."""

    assert TARGET_ARN == world.begin(lambdaARN="thumbnailer")["run"]["targetArn"]


def test_the_stacks_power_values_are_the_default(world: World) -> None:
    """Without memory sizes the run takes those of the deployment."""
    world.begin(powerValues=...)

    assert (128, 512, 1024) == world.documents.plan(RUN_ID).run_input.memories_mb


def test_a_pending_update_is_waited_for(world: World) -> None:
    """A target that is still being updated is read once that has settled."""
    world.target.busy_until_s = NOON_S + 3

    world.begin()

    assert world.clock.now() >= NOON_S + 3
    assert 1024 == held(world).found.memory_mb


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"num": 5}, "lambdaARN"),
        ({"lambdaARN": TARGET_ARN, "num": 0}, "num"),
        ({"lambdaARN": TARGET_ARN, "num": 5, "powerValues": [64]}, "powerValues"),
        ({"lambdaARN": TARGET_ARN, "num": 5, "Payload": {}}, "Payload"),
        ("{not JSON", "input"),
    ],
)
def test_a_bad_input_touches_nothing(world: World, raw: object, field: str) -> None:
    """A refused input makes no call to Lambda and takes no lease."""
    with pytest.raises(InvalidInput) as caught:
        world.begin_raw(raw)

    assert field == caught.value.field
    assert ([], []) == (world.functions.calls, world.leases.log)


def test_a_refused_run_is_noted(world: World) -> None:
    """Even a run whose input is refused is known, so that its failure can be recorded."""
    with pytest.raises(InvalidInput):
        world.begin_raw({})

    assert Begun(None, NOON) == world.history.begun(RUN_ID)


def test_a_run_notes_its_target_before_it_takes_the_lease(world: World) -> None:
    """Whoever cleans up after a crash knows where to look."""
    world.leases.take = _crash  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError):
        world.begin()

    begun = world.history.begun(RUN_ID)
    assert begun
    assert (TARGET_ARN, NOON) == (begun.target_arn, begun.started_at)


def _crash(_lease: Lease) -> None:
    raise RuntimeError("the table is away")


def test_two_runs_never_share_a_target(world: World) -> None:
    """The later run is refused, and the lease stays with the first."""
    world.begin("run-0")
    with pytest.raises(TargetBusy, match=rf"^{TARGET_ARN} is being tuned by run run-0\. Try again when that is done\."):
        world.begin()

    assert "run-0" == held(world).run_id


def test_a_run_that_is_being_cleaned_up_keeps_its_target(world: World) -> None:
    """Until the cleanup is through, nobody else begins."""
    world.begin("run-0")
    world.leases.fence(TARGET_ARN, "run-0")

    with pytest.raises(TargetBusy, match=f"^{TARGET_ARN} is being cleaned up after run run-0"):
        world.begin()


def test_an_expired_lease_is_not_stolen(world: World) -> None:
    """What an expired lease left behind must be undone before anything new begins."""
    world.begin("run-0")
    world.clock.advance(LEASE_S + 1)

    with pytest.raises(TargetBusy, match=f"^{TARGET_ARN} is being cleaned up after run run-0"):
        world.begin()


def test_beginning_again_is_beginning_once(world: World) -> None:
    """The Initializer may be retried: the same run takes its own lease again."""
    world.begin()
    world.begin()

    assert (RUN_ID, 1024) == (held(world).run_id, held(world).found.memory_mb)


@pytest.mark.parametrize(
    ("run_input", "configuration", "error"),
    [
        ({"lambdaARN": "nobody"}, {}, InvalidInput),
        ({"lambdaARN": f"{TARGET_ARN}:nothing"}, {}, InvalidInput),
        ({}, {"State": "Failed"}, TargetNotTunable),
        ({}, {"DurableConfig": {"ExecutionTimeout": 5}}, TargetNotTunable),
        ({}, {"CapacityProviderConfig": {"Mode": "x"}}, TargetNotTunable),
        ({"payload": ..., "payloadS3": "s3://my-bucket/missing.json"}, {}, InvalidInput),
    ],
)
def test_a_refusal_gives_the_lease_back(
    world: World, run_input: dict[str, Any], configuration: dict[str, Any], error: type[PowerTunerError]
) -> None:
    """A target or payload that is refused is left free, and unchanged."""
    world.target.latest |= configuration
    with pytest.raises(error):
        world.begin(**run_input)

    assert [] == world.leases.held()
    assert {"get", "only_streams"} >= {call[0] for call in world.functions.calls}


def test_a_function_that_streams_is_refused(world: World) -> None:
    """One that is only called by response streaming is left free, and unchanged; one with another URL is tuned."""
    world.target.url_modes = ["RESPONSE_STREAM"]
    with pytest.raises(TargetNotTunable, match="streams the response"):
        world.begin()
    assert [] == world.leases.held()

    world.target.url_modes = ["RESPONSE_STREAM", "BUFFERED"]
    world.begin()

    assert RUN_ID == held(world).run_id


def test_a_missing_version_is_named(world: World) -> None:
    """The message has the name with its qualifier."""
    with pytest.raises(InvalidInput) as caught:
        world.begin(lambdaARN=f"{TARGET_ARN}:nothing")

    assert "lambdaARN: 'thumbnailer:nothing' is not accepted. Allowed: a version or alias that exists." == (
        str(caught.value)
    )


def test_a_missing_function_is_named(world: World) -> None:
    """The message has the full ARN that was looked for."""
    with pytest.raises(InvalidInput) as caught:
        world.begin(lambdaARN="nobody")

    arn = "arn:aws:lambda:eu-west-1:123456789012:function:nobody"
    assert f"lambdaARN: 'nobody' is not accepted. Allowed: a function that exists; {arn} does not." == str(caught.value)


def test_an_alias_is_what_its_callers_get(world: World) -> None:
    """With an alias, now is the memory of the version behind it."""
    version = world.functions.publish_as_owner()
    world.target.aliases["live"] = version
    world.functions.deploy(MemorySize=2048)

    run = world.begin(lambdaARN=f"{TARGET_ARN}:live")

    assert TARGET_ARN == run["run"]["targetArn"]
    assert (1024, 2048) == (world.documents.plan(RUN_ID).target.memory_mb, held(world).found.memory_mb)


def test_a_version_with_other_code_cannot_be_tuned(world: World) -> None:
    """Only the code of $LATEST can be published at other memory sizes."""
    version = world.functions.publish_as_owner()
    world.functions.deploy(CodeSha256="code-2")

    with pytest.raises(TargetNotTunable, match="its code is that of version 1, which is no longer the code"):
        world.begin(lambdaARN=f"{TARGET_ARN}:{version}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', (WeightedPayload('{"a": 1}', 1),)),
        ('"plain"', (WeightedPayload('"plain"', 1),)),
        (
            '[{"payload": "a", "weight": 1}, {"payload": "b", "weight": 3}]',
            (WeightedPayload("a", 1), WeightedPayload("b", 3)),
        ),
    ],
)
def test_a_payload_may_lie_in_s3(world: World, text: str, expected: tuple[WeightedPayload, ...]) -> None:
    """Plain and weighted payloads are read from S3 once, when the run begins."""
    world.documents.payloads["my-bucket", "payload.json"] = text

    world.begin(payloadS3="s3://my-bucket/payload.json")

    assert expected == world.documents.plan(RUN_ID).run_input.payloads


@pytest.mark.parametrize(
    ("document", "sent"),
    [
        (
            '{"price": 1.10, "id": 12345678901234567890.123456789}',
            '{"price": 1.10, "id": 12345678901234567890.123456789}',
        ),
        ('{"a": 1}\n', '{"a": 1}\n'),
        ("plain text", '"plain text"'),
        ('{"a": NaN}', '"{\\"a\\": NaN}"'),
        ("", '""'),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_a_payload_in_s3_arrives_as_it_is_written(world: World, document: str, sent: str) -> None:
    """Each character of it; what is no JSON is a text."""
    world.documents.payloads["bucket", "key"] = document
    world.begin(payloadS3="s3://bucket/key")

    assert [as_json(each.payload) for each in world.documents.plan(RUN_ID).run_input.payloads] == [sent]


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        ("x" * (6 * 1024 * 1024 - 2), False),
        ("x" * (6 * 1024 * 1024 - 1), True),
        ("é" * (3 * 1024 * 1024), True),
        (json.dumps([{"payload": "x", "weight": 1}, {"payload": "x" * (6 * 1024 * 1024 - 1), "weight": 1}]), True),
    ],
    ids=["as large as Lambda takes", "a byte more", "letters of two bytes", "one of several"],
)
def test_a_payload_that_lambda_does_not_take_is_refused(world: World, document: str, *, refused: bool) -> None:
    """Counted are the bytes that are sent, of each payload, before anything is published."""
    world.documents.payloads["bucket", "key"] = document
    with pytest.raises(InvalidInput, match=r"at most 6291456 bytes") if refused else nullcontext():
        world.begin(payloadS3="s3://bucket/key")


THREE = '[{"payload": 1, "weight": 1}, {"payload": 2, "weight": 1}, {"payload": 3, "weight": 1}]'


def test_weighted_payloads_in_s3_need_as_many_invocations(world: World) -> None:
    """The rule num >= payloads holds for S3 too."""
    world.documents.payloads["my-bucket", "payload.json"] = THREE
    with pytest.raises(InvalidInput) as caught:
        world.begin(num=2, payloadS3="s3://my-bucket/payload.json")

    assert ("num", 2) == (caught.value.field, caught.value.value)


@pytest.mark.parametrize("num", [3, ...])
def test_as_many_payloads_as_invocations_are_enough(world: World, num: object) -> None:
    """And where the engine says how often is invoked, there is nothing to compare with."""
    world.documents.payloads["my-bucket", "payload.json"] = THREE

    world.begin(num=num, payloadS3="s3://my-bucket/payload.json")

    assert 3 == len(world.documents.plan(RUN_ID).run_input.payloads)


def test_a_dry_run_takes_any_number_of_payloads(world: World) -> None:
    """A dry run sends one payload of those that there are, from S3 as well."""
    world.documents.payloads["my-bucket", "payload.json"] = THREE

    world.begin(num=50, dryRun=True, payloadS3="s3://my-bucket/payload.json")

    assert 1 == len(world.documents.plan(RUN_ID).payload_cycle())


def test_a_lost_lease_stops_the_beginning(world: World) -> None:
    """A run that was stopped while it began goes no further."""
    world.functions.before("get", 1, lambda: world.leases.fence(TARGET_ARN, RUN_ID))
    with pytest.raises(PowerTunerError, match="no longer holds the lease"):
        world.begin()

    assert [] == world.leases.held()


def test_another_runs_lease_is_left_alone(world: World) -> None:
    """A refused run releases its own lease only."""
    other = replace(_lease_of("run-0"), target_arn=TARGET_ARN.replace("thumbnailer", "other"))
    world.leases.take(other)
    with pytest.raises(InvalidInput):
        world.begin(lambdaARN="nobody")

    assert [other] == world.leases.held()


def _lease_of(run_id: str) -> Lease:
    return Lease(run_id=run_id, target_arn=TARGET_ARN, until_s=int(NOON_S))


def test_a_function_that_may_not_be_read_is_refused_by_the_stacks_parameters(world: World) -> None:
    """With AWS's own words, and no lease left; the tag is named where the stack has one."""

    def forbid() -> None:
        raise FunctionForbidden("thumbnailer: User: x is not authorized")

    world.functions.before("get", 1, forbid)

    with pytest.raises(TargetNotTunable) as refused:
        world.begin()

    assert (
        "thumbnailer cannot be tuned: this stack may tune functions of its parameter lambdaResource only, and it is "
        "none of them, or does not exist. thumbnailer: User: x is not authorized"
    ) == str(refused.value)
    assert [] == world.leases.held()
