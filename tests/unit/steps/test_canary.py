"""A canary: its share grows while production shows nothing worse; else what it set goes back, and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.automation.policy import CANARY, Policy
from power_tuner.errors import CleanupIncomplete, LeaseLost, NotApplied, TargetBusy
from power_tuner.operations.ending_canaries import go_back
from power_tuner.operations.setting_memory import MAX_REVISIONS
from power_tuner.operations.starting_canaries import on_trial
from power_tuner.steps.canary import Canary, Look
from power_tuner.tuning.canary_settings import CanarySettings
from world import RUN_ID, World, answer_of

if TYPE_CHECKING:
    from power_tuner.automation.trial import Trial

SETTINGS = CanarySettings(weights=(0.1, 0.5), pace_s=300, minimal_calls=50, slowdown=0.2, error_rise=0.1, hours=2)


@pytest.fixture
def begun(world: World) -> World:
    """A canary that has noted what it may do, and set no weight yet."""
    return begin(world)


def begin(world: World, settings: CanarySettings = SETTINGS) -> World:
    """Let a run of a function with an alias decide for 512 MB, and the decision be put on trial."""
    version = world.functions.publish_as_owner()
    world.target.point("live", version)
    event: dict[str, Any] = world.tune(autoOptimize=True, autoOptimizeAlias="live")["event"]
    policy = answer_of(Policy(CANARY, "live", override_owner=True, canary=settings))
    decision = {**event["decision"], "power": 512}
    comparison = {"costChange": -0.3, "durationChange": 0.0, "significant": True}
    world.optimize({**event, "policy": policy, "decision": decision, "comparison": comparison})
    world.events.emitted.clear()
    return world


def look(world: World) -> Look:
    return Canary(world.app).look(RUN_ID)


def weights(world: World) -> tuple[str, dict[str, float]]:
    """Return where the alias points, and who gets a share."""
    return world.target.aliases["live"], world.target.weights.get("live", {})


def production(world: World, calls: int, *, tried_ms: float = 100.0, failed: int = 0) -> None:
    """Let both versions be called, some minutes long."""
    if world.canaries.get(TARGET_ARN) is None:
        return
    spread = (0.9, 1.0, 1.1)
    for version, typical_ms, errors in (("1", 100.0, 0), (tried(world), tried_ms, failed)):
        at_s = world.clock.now()
        world.logs.of_version += [(version, at_s, typical_ms * spread[each % 3]) for each in range(calls - errors)]
        world.alias_calls.counted.append((version, at_s, calls, errors))
    world.clock.advance(300)


def tried(world: World) -> str:
    trial = world.canaries.get(TARGET_ARN)
    assert trial
    return trial.doing.version


def stages(world: World) -> Iterator[tuple[str, float]]:
    return ((stage.outcome, stage.weight) for stage in world.canaries.stages(RUN_ID))


def item(world: World) -> dict[str, Any]:
    (found,) = world.history.items.values()
    return found


def test_a_decision_is_put_on_trial(begun: World) -> None:
    """Its version is published, the canary noted and its execution started; the alias is as it was."""
    trial = begun.canaries.get(TARGET_ARN)

    assert trial
    assert weights(begun) == ("1", {})
    assert (trial.doing.version, trial.doing.previous_version, trial.versions) == ("4", "1", {"1": 1024, "4": 512})
    assert begun.executions.inputs[trial.execution_arn.rpartition(":")[2]] == {"runId": RUN_ID}
    assert "applied" not in item(begun)
    assert begun.memory_mb == 512


def test_an_event_that_comes_again_starts_the_same_execution(begun: World) -> None:
    """A crash between the note and the start is made good; a second execution is not started."""
    again = answer_of(begun.optimizer.apply(RUN_ID, "call-2"))

    assert (again["applied"], again["reason"][:14]) == (False, "it is on trial")
    assert [run for run in begun.executions.inputs.values() if run == {"runId": RUN_ID}] == [{"runId": RUN_ID}]


def test_the_first_look_sets_the_first_share(begun: World) -> None:
    """The new version gets the first weight; the stage is kept, and the bus is told."""
    found = look(begun)

    assert (found.done, found.outcome, found.wait_seconds) == (False, "growing", 60)
    assert weights(begun) == ("1", {"4": 0.1})
    assert list(stages(begun)) == [("growing", 0.1)]
    assert [kind for kind, _ in begun.events.emitted] == ["Power Canary Stage"]


def test_a_good_version_is_promoted(begun: World) -> None:
    """Stage after stage, then all calls; the decision is applied then, and not before."""
    look(begun)
    production(begun, 200)
    look(begun)
    grown = weights(begun)
    production(begun, 200)
    found = look(begun)

    assert grown == ("1", {"4": 0.5})
    assert (found.done, found.outcome) == (True, "promoted")
    assert weights(begun) == ("4", {})
    assert list(stages(begun)) == [("growing", 0.1), ("growing", 0.5), ("promoted", 1.0)]
    assert [stage.calls for stage in begun.canaries.stages(RUN_ID)] == [0, 200, 400]
    assert item(begun)["applied"]["applied"]
    assert begun.memory_mb == 512
    assert begun.canaries.get(TARGET_ARN) is None
    assert [kind for kind, _ in begun.events.emitted] == [*3 * ["Power Canary Stage"], "Power Setting Applied"]


def test_a_stage_lasts_until_it_had_calls_enough(begun: World) -> None:
    """A few calls move nothing, however long they take."""
    look(begun)
    production(begun, 10)
    begun.clock.advance(3000)

    assert not look(begun).done
    assert weights(begun) == ("1", {"4": 0.1})


@pytest.mark.parametrize(
    ("worse", "reason"), [({"tried_ms": 150.0}, "longer than today"), ({"failed": 60}, "more of its calls fail")]
)
def test_a_worse_version_is_taken_back(begun: World, worse: dict[str, Any], reason: str) -> None:
    """All of it goes back: the share, and the memory size of $LATEST; the item says why."""
    look(begun)
    production(begun, 200, **worse)
    found = look(begun)

    assert (found.done, found.outcome) == (True, "taken-back")
    assert weights(begun) == ("1", {})
    assert begun.memory_mb == 1024
    assert not item(begun)["applied"]["applied"]
    assert reason in item(begun)["applied"]["reason"]
    assert list(stages(begun)) == [("growing", 0.1), ("taken-back", 0.0)]
    assert (begun.canaries.held(), begun.leases.held()) == ([], [])


def test_what_is_not_proven_in_time_is_taken_back(begun: World) -> None:
    """After its hours it ends, whatever it shows."""
    look(begun)
    begun.clock.advance(7201)

    assert look(begun).outcome == "taken-back"
    assert "not proven within 2 hours" in item(begun)["applied"]["reason"]


def deploy(world: World) -> None:
    world.functions.deploy(CodeSha256="code-2", MemorySize=2048)


def move(world: World) -> None:
    world.functions.deploy(CodeSha256="code-1")
    world.target.versions["6"] = {**world.target.versions["1"], "Version": "6"}
    world.target.point("live", "6")


def weigh(world: World) -> None:
    world.target.point("live", "1", {"4": 0.3})


def unweigh(world: World) -> None:
    world.target.point("live", "1", {})


@pytest.mark.parametrize(
    ("change", "then", "memory_mb"),
    [
        (deploy, ("1", {}), 2048),
        (move, ("6", {}), 1024),
        (weigh, ("1", {"4": 0.3}), 1024),
        (unweigh, ("1", {}), 1024),
    ],
)
def test_what_somebody_else_set_ends_it_and_stays(
    begun: World, change: Callable[[World], None], then: tuple[str, dict[str, float]], memory_mb: int
) -> None:
    """A deployment, another version or other weights: only what the canary itself had set goes."""
    look(begun)
    change(begun)
    found = look(begun)

    assert (found.done, found.outcome) == (True, "overtaken")
    assert weights(begun) == then
    assert begun.memory_mb == memory_mb
    assert "meanwhile" in item(begun)["applied"]["reason"]


def test_an_alias_that_was_deleted_ends_it(begun: World) -> None:
    """There is nothing to take back but the memory size."""
    look(begun)
    del begun.target.aliases["live"]

    assert look(begun).outcome == "overtaken"
    assert begun.memory_mb == 1024


def test_a_function_that_was_deleted_ends_it(begun: World) -> None:
    """There is nothing to take back."""
    look(begun)
    begun.functions.remove()

    assert look(begun).outcome == "overtaken"
    assert begun.canaries.held() == []


def test_a_change_between_look_and_act_is_not_overwritten(begun: World) -> None:
    """The alias's revision guards it; the next look ends the canary."""
    look(begun)
    production(begun, 200)
    begun.functions.before("set_weights", begun.functions.count("set_weights") + 1, lambda: weigh(begun))
    grown = look(begun)

    assert not grown.done
    assert weights(begun) == ("1", {"4": 0.3})
    assert look(begun).outcome == "overtaken"
    assert weights(begun) == ("1", {"4": 0.3})


@pytest.mark.parametrize(("change", "then"), [(move, ("6", {})), (weigh, ("1", {"4": 0.3}))])
@pytest.mark.parametrize("looks", [0, 1])
def test_a_change_just_before_a_share_is_set_is_not_overwritten(
    begun: World, change: Callable[[World], None], then: tuple[str, dict[str, float]], looks: int
) -> None:
    """What the look found is looked at again when it acts: the first share, or the next."""
    for _ in range(looks):
        look(begun)
        production(begun, 200)
    begun.functions.before("alias", begun.functions.count("alias") + 2, lambda: change(begun))

    assert look(begun).outcome == "overtaken"
    assert weights(begun) == then
    assert begun.memory_mb == 1024
    assert begun.canaries.held() == []


@pytest.mark.parametrize(
    ("changes", "memory_mb"), [({"CodeSha256": "code-2"}, 1024), ({"Timeout": 9}, 1024), ({"MemorySize": 2048}, 2048)]
)
def test_a_deployment_while_memory_goes_back_keeps_none_of_it(
    begun: World, changes: dict[str, Any], memory_mb: int
) -> None:
    """Code that is deployed at that moment does not leave $LATEST with the memory size that was on trial."""
    look(begun)
    production(begun, 200, tried_ms=200.0)
    nth = begun.functions.count("set_memory") + 1
    begun.functions.before("set_memory", nth, lambda: begun.functions.deploy(**changes))

    assert look(begun).outcome == "taken-back"
    assert begun.memory_mb == memory_mb
    assert begun.canaries.held() == []


def test_a_function_that_changes_all_the_time_is_left_to_the_janitor(begun: World) -> None:
    """It is said what is left, the lease is released, and the next time it is done."""
    look(begun)
    production(begun, 200, tried_ms=200.0)
    nth = begun.functions.count("set_memory") + 1
    for each in range(MAX_REVISIONS):
        changes = {"CodeSha256": f"code-{each + 2}"}
        begun.functions.before("set_memory", nth + each, partial(begun.functions.deploy, **changes))
    with pytest.raises(CleanupIncomplete, match=r"cannot get its 1024 MB back"):
        look(begun)

    assert (begun.memory_mb, begun.leases.held()) == (512, [])
    assert look(begun).outcome == "taken-back"
    assert begun.memory_mb == 1024


def test_a_change_while_it_is_promoted_is_not_overwritten(begun: World) -> None:
    """Nor does the last step overwrite anything."""
    for _ in range(2):
        look(begun)
        production(begun, 200)
    begun.functions.before("set_weights", begun.functions.count("set_weights") + 1, lambda: weigh(begun))

    assert look(begun).outcome == "overtaken"
    assert weights(begun) == ("1", {"4": 0.3})


@pytest.mark.parametrize("call", ["set_weights", "alias", "get"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_look_that_crashed_is_finished_by_the_next(call: str, when: str) -> None:
    """Whatever a crash leaves, at any call of any look, the canary goes on as if it had not been."""
    crashes = 0
    for nth in range(1, 12):
        world = begin(World())
        getattr(world.functions, when)(call, world.functions.count(call) + nth, _crash)
        outcome = ""
        for _ in range(4):
            try:
                outcome = look(world).outcome
            except RuntimeError:
                crashes += 1
                outcome = look(world).outcome
            if outcome != "growing":
                break
            production(world, 200)

        assert (outcome, weights(world)) == ("promoted", ("4", {}))
    assert crashes >= 3


@pytest.fixture
def promoted(begun: World) -> World:
    """A canary that was promoted, as its run's item says, while the bus refused to be told."""
    for _ in range(2):
        look(begun)
        production(begun, 200)
    begun.events.refusing = RuntimeError("the bus")
    with pytest.raises(RuntimeError, match="the bus"):
        look(begun)
    begun.events.refusing = None
    return begun


def test_a_promotion_that_was_recorded_is_not_taken_back(promoted: World) -> None:
    """Its execution gives up because the bus could not be told: the item was right, and stays so."""
    Canary(promoted.app).give_up(RUN_ID, "the bus")

    assert weights(promoted) == ("4", {})
    assert promoted.memory_mb == 512
    assert item(promoted)["applied"]["applied"]
    assert list(stages(promoted))[-1] == ("promoted", 1.0)
    assert [kind for kind, _ in promoted.events.emitted][-2:] == ["Power Canary Stage", "Power Setting Applied"]
    assert promoted.canaries.held() == []


def test_who_read_it_before_it_was_promoted_takes_nothing_back(begun: World) -> None:
    """A stop that arrives while the last look goes on: one of both is late, and notices it."""
    for _ in range(2):
        look(begun)
        production(begun, 200)
    early: list[Trial | None] = []
    nth = begun.functions.count("set_weights") + 1
    begun.functions.before("set_weights", nth, lambda: early.append(begun.canaries.get(TARGET_ARN)))
    begun.events.refusing = RuntimeError("the bus")
    with pytest.raises(RuntimeError, match="the bus"):
        look(begun)
    begun.events.refusing = None
    assert early[0]
    with pytest.raises(LeaseLost):
        go_back(begun.app, early[0], "it was stopped")

    assert weights(begun) == ("4", {})
    assert look(begun).outcome == "promoted"
    assert item(begun)["applied"]["applied"]


@pytest.mark.parametrize("refusing", [None, RuntimeError("the bus")], ids=["all is told", "the bus refuses"])
def test_two_looks_that_promote_at_once_take_nothing_back(begun: World, refusing: RuntimeError | None) -> None:
    """The second has written all, or died before it had told all, when the first wants to write."""
    for _ in range(2):
        look(begun)
        production(begun, 200)

    def look_too() -> None:
        begun.events.refusing = refusing
        with nullcontext() if refusing is None else pytest.raises(RuntimeError, match="the bus"):
            look(begun)
        begun.events.refusing = None

    begun.functions.after("set_weights", begun.functions.count("set_weights") + 1, look_too)

    assert look(begun).outcome == "promoted"
    assert weights(begun) == ("4", {})
    assert item(begun)["applied"]["applied"]
    assert begun.canaries.held() == []


def test_what_somebody_set_after_a_recorded_promotion_stays(promoted: World) -> None:
    """The canary ends as promoted, which it was."""
    promoted.target.point("live", "1")

    assert look(promoted).outcome == "promoted"
    assert weights(promoted) == ("1", {})
    assert promoted.canaries.held() == []


def test_a_deployment_while_it_is_rolled_back_keeps_none_of_it(promoted: World) -> None:
    """The code that is deployed at that moment stays, the memory size goes back all the same."""
    nth = promoted.functions.count("set_memory") + 1
    promoted.functions.before("set_memory", nth, lambda: promoted.functions.deploy(CodeSha256="code-2"))
    promoted.roll_back()

    assert (weights(promoted), promoted.memory_mb) == (("1", {}), 1024)


def test_a_recorded_promotion_is_rolled_back_as_what_was_applied(promoted: World) -> None:
    """The alias points to what it pointed to, and $LATEST has the memory size that it had."""
    promoted.roll_back()

    assert weights(promoted) == ("1", {})
    assert promoted.memory_mb == 1024
    assert item(promoted)["rolledBack"]
    assert promoted.canaries.held() == []


def _crash() -> None:
    raise RuntimeError("the sandbox died")


def test_a_stop_takes_it_back(begun: World) -> None:
    """Somebody stops its execution: everything goes back at once."""
    look(begun)
    trial = begun.canaries.get(TARGET_ARN)
    assert trial
    Canary(begun.app).stopped(trial.execution_arn, "its execution was ended from outside (ABORTED)")

    assert weights(begun) == ("1", {})
    assert begun.memory_mb == 1024
    assert "ABORTED" in item(begun)["applied"]["reason"]
    assert look(begun) == Look(done=True, outcome="ended")


def test_the_end_of_another_execution_changes_nothing(begun: World) -> None:
    """What an event says is believed only if the stack noted that execution itself."""
    look(begun)
    Canary(begun.app).stopped("arn:aws:states:eu-west-1:123456789012:execution:canary:other", "ended")

    assert weights(begun) == ("1", {"4": 0.1})


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_stop_in_the_middle_of_a_look_leaves_nothing(begun: World, when: str, nth: int) -> None:
    """The look that is late finds another revision than it read, or that the canary was ended."""
    getattr(begun.functions, when)("set_weights", nth, lambda: Canary(begun.app).give_up(RUN_ID, "it was stopped"))
    for _ in range(4):
        with suppress(LeaseLost):
            look(begun)
        production(begun, 200)

    assert weights(begun) == ("1", {})
    assert begun.memory_mb == 1024
    assert begun.canaries.held() == []


def test_a_rollback_ends_it(begun: World) -> None:
    """power-tuner rollback takes a canary back as it takes back what was applied."""
    look(begun)
    answer = begun.roll_back()

    assert answer["memoryMb"] == 1024
    assert weights(begun) == ("1", {})
    assert begun.memory_mb == 1024
    assert item(begun)["rolledBack"]


def test_while_a_run_holds_the_target_the_share_goes_back_at_once(begun: World) -> None:
    """$LATEST gets its memory size back when the run has ended; until then the canary stays noted."""
    look(begun)
    production(begun, 200, tried_ms=200.0)
    begun.begin("run-2")
    with pytest.raises(TargetBusy, match=r"is being tuned by run run-2"):
        look(begun)
    while_busy = weights(begun)
    begun.clean_up("run-2")

    assert while_busy == ("1", {})
    assert look(begun).outcome == "taken-back"
    assert begun.memory_mb == 1024


def test_the_janitor_ends_a_canary_whose_execution_has_ended(begun: World) -> None:
    """Nothing else took it back."""
    look(begun)
    trial = begun.canaries.get(TARGET_ARN)
    assert trial
    begun.clock.advance(120)
    going_on = begun.sweep()
    begun.executions.end(trial.execution_arn.rpartition(":")[2], "FAILED")
    swept = begun.sweep()

    assert going_on == {"finished": [], "left": []}
    assert swept == {"finished": [RUN_ID], "left": []}
    assert weights(begun) == ("1", {})


def test_another_decision_is_not_put_on_trial_beside_it(begun: World) -> None:
    """One canary per function."""
    trial = begun.canaries.get(TARGET_ARN)
    assert trial
    with pytest.raises(NotApplied, match=f"a canary of run {RUN_ID} is under way"):
        on_trial(begun.app, trial, "run-2")


def test_an_alias_that_does_not_exist_is_refused(world: World) -> None:
    """Without calls of today there is nothing to compare with; nothing is changed."""
    world.tune()
    with pytest.raises(NotApplied, match="there is no alias new"):
        world.apply_by_hand(alias="new", canary=True)

    assert world.canaries.held() == []


def test_a_decision_is_put_on_trial_by_hand(world: World) -> None:
    """As power-tuner apply does it; it is not noted as applied."""
    world.target.point("live", world.functions.publish_as_owner())
    world.tune()
    answer = world.apply_by_hand(alias="live", canary={"weights": [0.2], "paceSeconds": 60})
    trial = world.canaries.get(TARGET_ARN)

    assert trial
    assert (answer["applied"], answer["mode"]) == (False, "canary")
    assert trial.settings == CanarySettings(weights=(0.2,), pace_s=60)
    assert "applied" not in item(world)
