"""The verification of an account, played whole on the local AWS in a small set: the same code as on AWS."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from verify.__main__ import chosen, main, open_stage, options_of_endpoint, verify
from verify.evidence import Check
from verify.stage import WORKING, Stage

pytestmark = pytest.mark.local_aws

SMALL = "classic,report-line,revisions,definitions"


def test_a_small_set_is_answered_as_expected(tmp_path: Path) -> None:
    """Each question has an answer in the evidence, and nothing is left."""
    path = tmp_path / "evidence.json"

    code = main(["--local", "--only", SMALL, "--evidence", str(path)])

    evidence = json.loads(path.read_text("utf-8"))
    differing = {
        each["name"]: each["answered"]
        for each in evidence["findings"]
        if each["verdict"] not in {"agrees", "not asked"}
    }
    assert (code, differing, evidence["left"]) == (0, {}, [])
    assert [check.name for check in chosen(SMALL)] == [each["name"] for each in evidence["findings"]]
    assert ("the local AWS", "not asked") == (evidence["where"], evidence["findings"][-1]["verdict"])


def denied() -> None:
    raise PermissionError("denied")


def test_whatever_happens_all_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After Ctrl-C in the middle of a check, and with a thing that cannot be removed, which is told."""
    names: list[str] = []

    def interrupted(stage: Stage) -> str:
        names.append(stage.add_function(WORKING))
        stage.client("lambda").publish_version(FunctionName=names[0])
        raise KeyboardInterrupt

    options = argparse.Namespace(stack="verify-interrupted", region=None, profile=None, local=True)
    path = tmp_path / "evidence.json"
    with options_of_endpoint(local=True) as arguments:
        stage, hidden = open_stage(options, arguments)
        stage.note("queue", "stubborn", denied)
        code = verify(stage, [Check("it", "Is it so?", "yes", interrupted)], path, hidden, ask=False)
        left: dict[str, Any] = {
            "functions": stage.client("lambda").list_functions()["Functions"],
            "roles": stage.client("iam").list_roles()["Roles"],
            "queues": stage.client("sqs").list_queues().get("QueueUrls", []),
            "tables": stage.client("dynamodb").list_tables()["TableNames"],
            "stacks": stage.client("cloudformation").describe_stacks()["Stacks"],
            "groups": stage.client("logs").describe_log_groups()["logGroups"],
        }

    evidence = json.loads(path.read_text("utf-8"))
    assert (1, "Ctrl-C") == (code, evidence["interrupted"])
    assert names
    assert {kind: [] for kind in left} == left
    assert ["queue stubborn"] == [each.partition(":")[0] for each in evidence["left"]]
    assert "LEFT: queue stubborn" in capsys.readouterr().out
