"""Values of parameters in the SAM CLI's configuration files."""

from pathlib import Path
from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.sam_config import configuration_in, configured_parameters
from power_tuner_cli.projects.sam_project import SamProject

DECLARED = {
    "Stage": {"Type": "String"},
    "Mail": {"Type": "String"},
    "Vpc": {"Type": "AWS::SSM::Parameter::Value<String>"},
}


def configured(folder: Path, overrides: str, section: str = "default.deploy.parameters") -> dict[str, str]:
    file = folder / "samconfig.toml"
    file.write_text(f"version = 0.1\n[{section}]\nparameter_overrides = {overrides}\n")
    return configured_parameters(file, {"Parameters": DECLARED})


@pytest.mark.parametrize(
    "overrides",
    [
        """'Stage="dev" Mail="a b" Other=1'""",
        """["Stage=dev", "Mail=a b"]""",
        """'ParameterKey=Stage,ParameterValue=dev "ParameterKey=Mail,ParameterValue=a b"'""",
    ],
)
@pytest.mark.parametrize("section", ["default.deploy.parameters", "default.global.parameters"])
def test_the_values_of_a_deployment_are_read(tmp_path: Path, overrides: str, section: str) -> None:
    """In each form that SAM takes; those that the template does not declare are not for it."""
    assert {"Stage": "dev", "Mail": "a b"} == configured(tmp_path, overrides, section)


@pytest.mark.parametrize("name", ["samconfig.yaml", "samconfig.yml"])
def test_the_file_may_be_yaml(tmp_path: Path, name: str) -> None:
    """As the SAM CLI takes it too; what is no YAML is told."""
    (tmp_path / name).write_text("default:\n  deploy:\n    parameters:\n      parameter_overrides: [Stage=dev]\n")
    file = configuration_in(tmp_path)
    assert file
    assert {"Stage": "dev"} == configured_parameters(file, {"Parameters": DECLARED})

    file.write_text("default: [")
    with pytest.raises(CliError, match=f"{name} cannot be read"):
        configured_parameters(file, {"Parameters": DECLARED})


@pytest.mark.parametrize("overrides", ["1", "'Stage'", "'Vpc=/vpc/id'"])
def test_what_is_no_value_is_left_out(tmp_path: Path, overrides: str) -> None:
    """Nor is the name under which only the account has a value."""
    assert {} == configured(tmp_path, overrides)


@pytest.mark.parametrize("overrides", ["'", "'Stage=\"dev'"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, overrides: str) -> None:
    """With what is wrong in it."""
    with pytest.raises(CliError, match=r"samconfig\.toml.* cannot be read"):
        configured(tmp_path, overrides)


def test_a_function_is_tuned_with_them(tmp_path: Path) -> None:
    """What is given comes before them, and their names are told."""
    document: dict[str, Any] = {
        "Parameters": DECLARED,
        "Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "x"}}}},
    }
    configured(tmp_path, '["Stage=dev", "Mail=a"]')

    prepared = SamProject(tmp_path / "template.yaml", document).ready("F", {"Stage": "prod"})

    assert {"Stage": "prod", "Mail": "a"} == prepared.parameters
    assert ("Parameters of samconfig.toml: Mail.",) == prepared.notes
