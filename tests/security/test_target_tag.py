"""A stack with targetTag reads, changes and invokes functions with that tag only, and still takes back what it did."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from e2e.cloud import LocalCloud, Tuner, open_local_cloud, trace_of, wait_for
from e2e.conftest import target  # noqa: F401 - fixture

pytestmark = pytest.mark.local_aws

SLOW = """
    import time

    def handler(event, context):
        time.sleep(1)
"""
MakeTarget = Callable[..., str]
RUN = {"num": 1, "powerValues": [128, 256]}


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A stack of team a."""
    with open_local_cloud("of-team-a", {"targetTag": "team a", "processorResource": ""}) as opened:
        yield opened


@pytest.fixture
def tagged(cloud: LocalCloud, target: MakeTarget) -> MakeTarget:  # noqa: F811
    """Make a function of a team, None for one that nobody tagged; it has a version and an alias."""

    def make(team: str | None, source: str = SLOW) -> str:
        arn = target(source)
        client = cloud.client("lambda")
        client.tag_resource(Resource=arn, Tags={"power-tuner-stack": team} if team else {"team": "team a"})
        version = client.publish_version(FunctionName=arn)["Version"]
        client.create_alias(FunctionName=arn, Name="live", FunctionVersion=version)
        return arn

    return make


def client_of(cloud: LocalCloud, step: str) -> Any:
    """Return a client of Lambda with what one of the app's functions may do."""
    roles = cloud.client("iam").list_roles()["Roles"]
    prefix = f"{cloud.stack_name}-{step}FunctionRole"
    return cloud.client_of_role("lambda", next(r["RoleName"] for r in roles if r["RoleName"].startswith(prefix)))


@pytest.mark.parametrize("team", [None, "team b", "Team A"])
@pytest.mark.parametrize("qualifier", ["", ":live", ":1"])
def test_a_function_of_nobody_or_of_others_is_not_tuned(
    cloud: LocalCloud, tagged: MakeTarget, team: str | None, qualifier: str
) -> None:
    """Refused before anything changes; the message names the tag and the parameter."""
    arn = tagged(team)
    before = trace_of(cloud, arn)

    ended = Tuner(cloud).tune({**RUN, "lambdaARN": arn + qualifier})

    assert (ended["status"], ended["error"]) == ("FAILED", "TargetNotTunable")
    assert "with the tag power-tuner-stack=team a (its parameter targetTag)" in ended["cause"]
    assert trace_of(cloud, arn) == before
    assert [] == Tuner(cloud).leases(arn)


@pytest.mark.parametrize("qualifier", ["", ":live", ":1"])
def test_a_function_of_the_team_is_tuned(cloud: LocalCloud, tagged: MakeTarget, qualifier: str) -> None:
    """Its versions have its tags: they are published, invoked and deleted as ever."""
    arn = tagged("team a")
    before = trace_of(cloud, arn)

    ended = Tuner(cloud).tune({**RUN, "lambdaARN": arn + qualifier})

    assert ended["status"] == "SUCCEEDED", ended
    assert trace_of(cloud, arn) == before


def test_the_roles_are_refused_whatever_the_code_does(cloud: LocalCloud, tagged: MakeTarget) -> None:
    """What begins a run may neither read nor change nor invoke a function without the tag, nor one of its versions."""
    arn = tagged(None)
    calls: list[tuple[Any, dict[str, Any]]] = [
        (client_of(cloud, "Initializer").get_function_configuration, {"FunctionName": arn}),
        (client_of(cloud, "Initializer").get_function_configuration, {"FunctionName": f"{arn}:live"}),
        (client_of(cloud, "Publisher").update_function_configuration, {"FunctionName": arn, "MemorySize": 256}),
        (client_of(cloud, "Publisher").publish_version, {"FunctionName": arn}),
        (client_of(cloud, "Executor").invoke, {"FunctionName": arn}),
        (client_of(cloud, "Executor").invoke, {"FunctionName": arn, "Qualifier": "1"}),
        (client_of(cloud, "Optimizer").update_function_configuration, {"FunctionName": arn, "MemorySize": 256}),
        (client_of(cloud, "Optimizer").update_alias, {"FunctionName": arn, "Name": "live", "FunctionVersion": "1"}),
        (client_of(cloud, "Drift").invoke, {"FunctionName": arn}),
    ]
    for call, request in calls:
        with pytest.raises(ClientError, match="AccessDeniedException"):
            call(**request)


def test_a_tag_that_is_removed_meanwhile_leaves_nothing_behind(cloud: LocalCloud, tagged: MakeTarget) -> None:
    """The run fails, because it may not go on; its cleanup needs no tag."""
    arn, tuner = tagged("team a"), Tuner(cloud)
    before = trace_of(cloud, arn)
    execution = tuner.start({**RUN, "num": 20, "lambdaARN": arn})
    wait_for("the run measures", lambda: tuner.state_entered(execution, "Measure"))

    cloud.client("lambda").untag_resource(Resource=arn, TagKeys=["power-tuner-stack"])
    ended = tuner.wait(execution)
    cloud.client("lambda").tag_resource(Resource=arn, Tags={"power-tuner-stack": "team a"})

    assert ended["status"] == "FAILED"
    assert [] == tuner.leases(arn)
    assert trace_of(cloud, arn) == before
