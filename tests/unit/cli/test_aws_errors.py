"""What the command line says when it cannot use AWS."""

import pytest

from power_tuner_cli.exit_codes import ExitCode
from unit.cli.conftest import PowerTuner


@pytest.fixture(autouse=True)
def no_metadata_service(power_tuner: PowerTuner, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 (sets first)
    """Keep boto3 from asking for the credentials of an EC2 instance."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_a_missing_region_is_named_with_the_settings_that_help(power_tuner: PowerTuner) -> None:
    """The option, the variable, and the profile."""
    finished = power_tuner("history", "thumbnailer")

    assert ExitCode.UNREACHABLE == finished.exit_code
    assert "give --region, or set AWS_REGION or the region of your AWS profile" in finished.stderr


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (["--region", "eu-west-1"], {}),
        ([], {"AWS_DEFAULT_REGION": "eu-west-1"}),
        ([], {"AWS_REGION": "eu-west-1"}),
    ],
)
def test_with_a_region_the_credentials_are_missing(
    power_tuner: PowerTuner, monkeypatch: pytest.MonkeyPatch, options: list[str], variables: dict[str, str]
) -> None:
    """Either way of giving the region has an effect."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    finished = power_tuner("history", "thumbnailer", *options)

    assert ExitCode.UNREACHABLE == finished.exit_code
    assert "No AWS credentials were found" in finished.stderr


def test_an_unknown_profile_is_named(power_tuner: PowerTuner) -> None:
    """With the option and the variable that may hold it."""
    finished = power_tuner("history", "thumbnailer", "--profile", "absent")

    assert ExitCode.UNREACHABLE == finished.exit_code
    assert "There is no such AWS profile: check --profile and AWS_PROFILE (" in finished.stderr
    assert "absent" in finished.stderr
