"""A stack has no more power than its mode needs, and a run asks for no more than the mode allows."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.cloud import LocalCloud, Tuner, open_local_cloud, trace_of, wait_for
from e2e.conftest import target  # noqa: F401 - fixture
from power_tuner_cli.deployment.rights import MODES, granted
from power_tuner_cli.deployment.template import Template

TEMPLATE = Template.read(Path(__file__).parents[2] / "template.yaml")
AUTOMATION = {"OptimizerFunction", "DeploymentsFunction", "FleetFunction", "DriftFunction", "FleetStateMachine"}
APPLYING = {"CanaryFunction", "CanaryStateMachine"}
# What is left on the function when a run is over.
STACKS = {
    "measure": {"mode": "measure"},
    "advise": {"mode": "advise", "autoApply": "propose"},
    "contradicting": {"mode": "measure", "autoApply": "latest"},
}
LASTING = {"lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias", "ssm:PutParameter", "ssm:DeleteParameter"}
CHANGING_A_TARGET = {
    "PublisherFunction",
    "CleanUpBranchFunction",
    "CleanerFunction",
    "CleanUpOnErrorFunction",
    "JanitorFunction",
}


def who_may(action: str, mode: str) -> set[str]:
    return {grant.who for grant in granted(TEMPLATE, {"mode": mode}) if grant.action == action}


@pytest.mark.parametrize("mode", MODES)
def test_only_apply_may_change_what_lasts(mode: str) -> None:
    """Aliases and parameters of Systems Manager are out of reach of a stack that measures or advises."""
    actions = {grant.action for grant in granted(TEMPLATE, {"mode": mode})}

    assert actions & LASTING == (LASTING if mode == "apply" else set())


@pytest.mark.parametrize("mode", ["measure", "advise"])
@pytest.mark.parametrize("action", ["lambda:UpdateFunctionConfiguration", "lambda:PublishVersion"])
def test_only_a_run_changes_a_function(mode: str, action: str) -> None:
    """What publishes versions, and what cleans up after it, is all that may touch a target."""
    assert who_may(action, mode) <= CHANGING_A_TARGET
    assert "PublisherFunction" in who_may(action, mode)


def test_a_stack_that_measures_has_no_automation() -> None:
    """No function that starts runs, and nobody but people and pipelines may start one."""
    measures = {grant.who for grant in granted(TEMPLATE, {"mode": "measure"})}

    assert measures & (AUTOMATION | APPLYING) == set()
    assert who_may("states:StartExecution", "measure") == {"TuneStateMachine"}  # the children of its Maps


def test_only_a_stack_that_applies_has_canaries() -> None:
    """A stack that advises has neither the function nor its state machine."""
    held = {mode: {grant.who for grant in granted(TEMPLATE, {"mode": mode})} & APPLYING for mode in MODES}

    assert held == {"measure": set(), "advise": set(), "apply": APPLYING}


def test_each_mode_has_all_of_the_smaller_one() -> None:
    """A stack that moves to a larger mode loses nothing."""
    measure, advise, apply = (set(granted(TEMPLATE, {"mode": mode})) for mode in MODES)

    assert measure < advise < apply


def deployed(name: str) -> Iterator[LocalCloud]:
    with open_local_cloud(f"power-tuner-{name}", STACKS[name]) as cloud:
        yield cloud


@pytest.fixture(scope="module", params=["measure", "advise"])
def cloud(request: pytest.FixtureRequest) -> Iterator[LocalCloud]:
    """A stack in one of the smaller modes."""
    yield from deployed(request.param)


@pytest.mark.local_aws
def test_such_a_stack_measures(cloud: LocalCloud, target: Callable[..., str]) -> None:  # noqa: F811
    """A run works as ever, and leaves no trace."""
    tuner, arn = Tuner(cloud), target()
    before = trace_of(cloud, arn)

    ended = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [128, 256], "strategy": "cost"})

    assert ended["status"] == "SUCCEEDED", ended
    assert trace_of(cloud, arn) == before


@pytest.mark.local_aws
def test_such_a_stack_applies_nothing(cloud: LocalCloud, target: Callable[..., str]) -> None:  # noqa: F811
    """AutoOptimize is refused before anything is touched, with the parameter that would allow it."""
    tuner, arn = Tuner(cloud), target()
    before = trace_of(cloud, arn)

    ended = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [128, 256], "autoOptimize": True})

    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidInput")
    assert "autoOptimize: 'latest' is not accepted." in ended["cause"]
    assert f"this stack is deployed with mode={cloud.stack_name.rpartition('-')[2]}" in ended["cause"]
    assert trace_of(cloud, arn) == before


@pytest.mark.local_aws
@pytest.mark.parametrize("cloud", ["advise"], indirect=True)
def test_a_stack_that_advises_proposes(cloud: LocalCloud, target: Callable[..., str]) -> None:  # noqa: F811
    """The Optimizer notes on the run's item what would have been applied, and has changed nothing."""
    tuner, arn = Tuner(cloud), target()
    before = trace_of(cloud, arn)

    started = tuner.start({"lambdaARN": arn, "num": 1, "powerValues": [128, 256], "strategy": "cost"})
    run_id = started.rpartition(":")[2]
    wait_for("the proposal", lambda: tuner.applied(arn, run_id))

    assert "proposed only" in str((tuner.run_item(arn, run_id) or {})["applied"])
    assert trace_of(cloud, arn) == before


@pytest.mark.local_aws
@pytest.mark.parametrize("cloud", ["contradicting"], indirect=True)
def test_a_stack_that_contradicts_itself_touches_nothing(cloud: LocalCloud, target: Callable[..., str]) -> None:  # noqa: F811
    """CloudFormation refuses it by the template's Rules; were it deployed all the same, each run would be refused."""
    tuner, arn = Tuner(cloud), target()
    before = trace_of(cloud, arn)

    ended = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [128]})

    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidInput")
    assert trace_of(cloud, arn) == before
