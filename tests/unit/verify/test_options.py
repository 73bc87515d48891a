"""The command: what it refuses before it does anything, and what it says first."""

import pytest

from verify.__main__ import CHECKS, main, plan
from verify.stage import Stage


@pytest.fixture(autouse=True)
def _without_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "nothing"], "--only nothing: there is no such check. Known are classic"),
        ([], "No AWS region is set"),
        (["--region", "eu-west-1"], "No AWS credentials were found"),
        (["--profile", "not-there"], "There is no such AWS profile"),
    ],
)
def test_it_refuses_before_it_does_anything(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do."""
    code = main(arguments)

    assert code == 2
    assert words in capsys.readouterr().err


def test_it_says_first_what_it_will_do() -> None:
    """What is made, how long it takes, what it costs, and that it is removed."""

    class Nowhere:
        region = "eu-west-1"

        def client(self, service: str, **_: object) -> object:
            raise AssertionError(f"nothing is asked of {service}")

    said = "\n".join(plan(Stage(Nowhere(), "verify", local=False), CHECKS, "AWS"))

    assert "On AWS, region eu-west-1" in said
    assert "deploys the stack verify (mode apply)" in said
    assert f"plays {len(CHECKS)} checks" in said
    assert "USD" in said
    assert "removes all of it" in said


def test_each_check_has_a_name_of_its_own() -> None:
    """They are chosen by it."""
    assert len({check.name for check in CHECKS}) == len(CHECKS)
