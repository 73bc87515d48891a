"""What each permission amounts to is written down, and nothing else is."""

import re
from pathlib import Path

import pytest

from generate import powers
from power_tuner_cli.deployment.template import Template

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


def test_each_permission_has_its_line() -> None:
    """An action that the template grants somewhere has a sentence on what it amounts to there."""
    assert set() == powers.held_by_all(Template.read(TEMPLATE)) - powers.POWERS.keys()


def test_no_parameter_grants_what_has_no_line() -> None:
    """Whatever action is named in the template, for whatever parameter, also has a sentence."""
    named = set(re.findall(r"^ +- ([a-z0-9]+:[A-Za-z]+) #", TEMPLATE.read_text("utf-8"), re.MULTILINE))

    assert {"sts:AssumeRole"} == named - {action for action, _ in powers.POWERS}


def test_each_line_has_its_permission() -> None:
    """What is no longer granted is no longer listed."""
    assert set() == powers.POWERS.keys() - powers.held_by_all(Template.read(TEMPLATE))


def test_a_new_permission_stops_the_generator(tmp_path: Path) -> None:
    """So that the document cannot leave it out."""
    text = TEMPLATE.read_text("utf-8").replace("- lambda:GetAlias #", "- lambda:AddPermission #")
    (tmp_path / "template.yaml").write_text(text)

    with pytest.raises(KeyError, match="AddPermission"):
        powers.table(tmp_path / "template.yaml")
