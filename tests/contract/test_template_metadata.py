"""What the template says of itself, to consoles and catalogues."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from power_tuner_local.cloudformation import template_text

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = template_text.read((ROOT / "template.yaml").read_text(encoding="utf-8"))
INTERFACE = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]
APPLICATION = TEMPLATE["Metadata"]["AWS::ServerlessRepo::Application"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_parameter_is_in_one_group() -> None:
    """A console that shows the parameters by group shows each of them once."""
    grouped = Counter(name for group in INTERFACE["ParameterGroups"] for name in group["Parameters"])

    assert grouped == Counter(list(TEMPLATE["Parameters"]))


def test_every_parameter_is_described() -> None:
    """Whoever is asked for a value reads what it is for."""

    assert [name for name, parameter in TEMPLATE["Parameters"].items() if not parameter.get("Description")] == []


def test_the_version_is_the_commands() -> None:
    """The stack, the catalogue entry and the command are of one version."""
    told = {PROJECT["version"], TEMPLATE["Outputs"]["Version"]["Value"], APPLICATION["SemanticVersion"]}

    assert told == {PROJECT["version"]}


def test_the_catalogue_gets_what_it_asks_for() -> None:
    """The Serverless Application Repository needs a name, a description, an author, and the texts that are named."""
    assert {"Name", "Description", "Author"} <= APPLICATION.keys()
    assert APPLICATION["SpdxLicenseId"] == PROJECT["license"]
    assert all((ROOT / APPLICATION[key]).is_file() for key in ("LicenseUrl", "ReadmeUrl"))
