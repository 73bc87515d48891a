"""Proof that every permission is needed: without any one action of a role, some run must end differently."""

import ast
import contextlib
import itertools
import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from campaign import automation
from campaign.cases import CLASSIC, SCENARIOS, SLOW, STACK, STRIKES, Scenario, Site, Strike, logical_name
from campaign.player import Player
from campaign.scene import open_scene
from campaign.stage import PAYLOADS
from campaign.verdicts import leaks
from power_tuner.automation.policy import ADVISE, APPLY, MEASURE
from power_tuner_local.faults import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from campaign.observation import Observation
    from campaign.stage import Stage


# Each has what the one before has, and more.
MODES = (MEASURE, ADVISE, APPLY)


@dataclass(frozen=True, slots=True)
class Trial:
    """A run that needs some permissions, perhaps because of a fault."""

    scenario: Scenario
    faults: tuple[tuple[Site, Strike], ...] = ()


_SMALL = {**CLASSIC, "num": 1, "powerValues": [128, 256]}
_FROM_S3 = {name: value for name, value in _SMALL.items() if name != "payload"}
_FORBIDDEN = Strike("403 for good", Kind.FORBIDDEN, times=1000)
_CLEANUP = Site("CleanUpOnErrorFunction", "dynamodb", "GetItem", 1)
# Before it come Initializer, Publisher (twice), two Executors, Analyzer and Cleaner.
_RECORD = Site("TuneStateMachine", "lambda", "Invoke", 8)
# The first try and the five after it that Step Functions makes.
_NOT_RECORDED = Strike("403 for a while", Kind.FORBIDDEN, times=6)
_PUBLISHED = Site("PublisherFunction", "lambda", "PublishVersion", 2)
TRIALS = {
    "warm": Trial(replace(SCENARIOS["warm"], fields=_SMALL)),
    "out of memory": Trial(replace(SCENARIOS["out-of-memory"], fields={**_SMALL, "powerValues": [128, 512]})),
    "failing": Trial(replace(SCENARIOS["failing"], fields=_SMALL)),
    "stopped while measuring": Trial(SCENARIOS["stopped"]),
    "stopped while publishing": Trial(
        Scenario("stopped while publishing", _SMALL), ((_PUBLISHED, STRIKES["stopped by hand"]),)
    ),
    "publisher crashed": Trial(Scenario("crashed", _SMALL), ((_PUBLISHED, STRIKES["crash after"]),)),
    "not recorded": Trial(Scenario("not recorded", _SMALL), ((_RECORD, _NOT_RECORDED),)),
    "refused memory": Trial(Scenario("refused memory", {**_SMALL, "powerValues": [128, 4096]})),
    "no such function": Trial(Scenario("no such function", _SMALL, target="<run>-not-there")),
    "busy": Trial(Scenario("busy", _SMALL, source=SLOW, rival=True)),
    "payload in S3": Trial(Scenario("payload in S3", {**_FROM_S3, "payloadS3": f"s3://{PAYLOADS}/payload.json"})),
    "payload missing": Trial(Scenario("payload missing", {**_FROM_S3, "payloadS3": f"s3://{PAYLOADS}/missing.json"})),
    "applied": Trial(Scenario("applied", {**_SMALL, "autoOptimize": True}, applies=True)),
    "new alias": Trial(
        Scenario("new alias", {**_SMALL, "autoOptimize": True, "autoOptimizeAlias": "best"}, applies=True)
    ),
    "moved alias": Trial(
        Scenario("moved alias", {**_SMALL, "autoOptimize": True, "autoOptimizeAlias": "live"}, applies=True)
    ),
    "left to the janitor": Trial(SCENARIOS["stopped"], ((_CLEANUP, _FORBIDDEN),)),
    "crash left to the janitor": Trial(
        Scenario("crash left to the janitor", _SMALL),
        ((_PUBLISHED, STRIKES["crash after"]), (_CLEANUP, _FORBIDDEN)),
    ),
}


def plays_of(mode: str) -> tuple[str, ...]:
    """Return what can be played with a stack of a mode: by hand, by itself, and what changes functions for good."""
    allowed = MODES[: MODES.index(mode) + 1]
    by_hand = [name for name, trial in TRIALS.items() if not trial.scenario.applies or mode == APPLY]
    return (*by_hand, *(name for name, script in automation.SCRIPTS.items() if script.mode in allowed))


# Needed on AWS only: the local AWS does this without a call.
_BY_STEP_FUNCTIONS = {
    "states:DescribeExecution": "Step Functions reads how a child of the Map ended",
    "states:StopExecution": "Step Functions stops the children of a stopped Map",
    **{
        f"logs:{action}": "Step Functions sets up its log delivery"
        for action in (
            "CreateLogDelivery",
            "GetLogDelivery",
            "UpdateLogDelivery",
            "DeleteLogDelivery",
            "ListLogDeliveries",
            "PutResourcePolicy",
            "DescribeResourcePolicies",
            "DescribeLogGroups",
        )
    },
}
DOCUMENTED = {
    **{
        (machine, action): reason
        for machine in ("TuneStateMachine", "FleetStateMachine")
        for action, reason in _BY_STEP_FUNCTIONS.items()
    },
    **{
        ("CanaryStateMachine", action): reason
        for action, reason in _BY_STEP_FUNCTIONS.items()
        if action.startswith("logs:")
    },
    **{
        ("DeploymentsFunction", f"codedeploy:{action}"): "the local AWS has no CodeDeploy targets"
        for action in ("ListDeploymentTargets", "BatchGetDeploymentTargets")
    },
}


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One action that a statement of a role's policy allows."""

    role: str
    policy: str
    sid: str
    action: str

    @property
    def owner(self) -> str:
        """Return the logical name of the resource that has the role."""
        return logical_name(self.role, STACK)


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a grant is needed.

    Attributes:
        play: The run that ends differently without it; empty if none does.
        difference: What is different.
    """

    grant: Grant
    play: str = ""
    difference: str = ""


class Prover:
    """Takes permissions away, one at a time, and plays runs without them."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._player = Player(stage)
        self._iam = stage.client("iam")
        stage.client("s3").put_object(Bucket=PAYLOADS, Key="payload.json", Body=b"{}")
        self._usual: dict[str, tuple[object, ...]] = {}
        self._users: dict[tuple[str, str, str], list[str]] = {}
        self._took_s: dict[str, float] = {}

    def grants(self) -> list[Grant]:
        """Return every action that the template's statements allow."""
        return sorted(
            Grant(role, policy, statement["Sid"], action)
            for role, policy, document in self._policies()
            for statement in _as_list(document["Statement"])
            if "Sid" in statement and statement["Effect"] == "Allow"
            for action in _as_list(statement["Action"])
        )

    def users(self, grant: Grant) -> list[str]:
        """Return the rehearsed runs that use a grant, shortest first."""
        return sorted(self._users.get((grant.role, grant.sid, grant.action), []), key=self._took_s.__getitem__)

    def usual(self, name: str) -> tuple[object, ...]:
        """Return how a rehearsed run ended."""
        return self._usual[name]

    def rehearse(self, names: "Iterable[str]") -> None:
        """Play runs with all permissions, and note how they end and which grants they use."""
        used = self._stage.aws.permissions.used
        for name in names:
            used.clear()
            began_s = time.monotonic()
            self._usual[name] = self._outcome(name)
            self._took_s[name] = time.monotonic() - began_s
            for role, needed in used.items():
                for sid, action in needed:
                    self._users.setdefault((role, sid, action), []).append(name)

    def prove(self, grant: Grant) -> Proof:
        """Play the runs that use a grant without it, until one ends differently; return the proof."""
        for name in self.users(grant):
            with self._without(grant):
                outcome = self._outcome(name)
            if outcome != self._usual[name]:
                both = itertools.zip_longest(self._usual[name], outcome)
                changes = [f"{usual!r} → {now!r}" for usual, now in both if usual != now]
                return Proof(grant, name, ", ".join(changes))
        return Proof(grant)

    def _policies(self) -> "Iterator[tuple[str, str, Mapping[str, Any]]]":
        for page in self._iam.get_paginator("list_roles").paginate():
            for role in page["Roles"]:
                if role["RoleName"].startswith(f"{STACK}-"):
                    for policy in self._iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                        yield role["RoleName"], policy, self._policy(role["RoleName"], policy)

    def _policy(self, role: str, name: str) -> dict[str, Any]:
        answer = self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        # moto returns a policy that CloudFormation made as the text of a Python dict
        document: dict[str, Any] = ast.literal_eval(answer) if isinstance(answer, str) else answer
        return document

    @contextlib.contextmanager
    def _without(self, grant: Grant) -> "Iterator[None]":
        document = self._policy(grant.role, grant.policy)
        self._put(grant, _without(document, grant))
        try:
            yield
        finally:
            self._put(grant, document)

    def _put(self, grant: Grant, document: "Mapping[str, Any]") -> None:
        if not document["Statement"]:  # IAM refuses a policy without one
            self._iam.delete_role_policy(RoleName=grant.role, PolicyName=grant.policy)
            return
        self._iam.put_role_policy(RoleName=grant.role, PolicyName=grant.policy, PolicyDocument=json.dumps(document))

    def _outcome(self, name: str) -> tuple[object, ...]:
        if name in TRIALS:
            trial = TRIALS[name]
            return _signature(self._player.play(trial.scenario, *trial.faults))
        script = automation.SCRIPTS[name]
        with open_scene(self._stage, script.source) as scene:
            return script.play(scene)


def _signature(seen: "Observation") -> tuple[object, ...]:
    """Return what is the same each time that a run is played."""
    branches = seen.document["branches"] if seen.document else []
    return (
        seen.status,
        seen.error,
        seen.cause.replace(seen.run_id, "<run>") if seen.error == "InvalidInput" else "",
        tuple(sorted((item["status"], str(item.get("error"))) for item in seen.items)),
        tuple(sorted(seen.events)),
        tuple(branch["outcome"] for branch in branches),
        tuple(seen.children),
        tuple(sorted(str(item["applied"]["applied"]) for item in seen.items if "applied" in item)),
        tuple(sorted(reason.partition(" is ")[0] for reason in leaks(seen))),
        "janitor" if seen.janitor_rounds else "no janitor",
        "dead letter" if seen.dead_letters else "no dead letter",
    )


def _without(document: "Mapping[str, Any]", grant: Grant) -> dict[str, Any]:
    statements = []
    for statement in _as_list(document["Statement"]):
        actions = _as_list(statement["Action"])
        if statement.get("Sid") == grant.sid:
            actions = [action for action in actions if action != grant.action]
        if actions:
            statements.append({**statement, "Action": actions})
    return {**document, "Statement": statements}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
