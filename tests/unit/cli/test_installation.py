import pytest

from power_tuner_cli.installation import explain_missing_package, install_command


@pytest.mark.parametrize(
    ("prefix", "url", "command"),
    [
        ("/home/me/venv", None, "/py -m pip install 'lambda-power-tuner[local]'"),
        ("/home/me/venv", "file:///a.whl", "/py -m pip install 'lambda-power-tuner[local] @ file:///a.whl'"),
        ("/home/me/.local/pipx/venvs/x", None, "pipx install --force 'lambda-power-tuner[local]'"),
        ("/home/me/.local/share/uv/tools/x", None, "uv tool install --force 'lambda-power-tuner[local]'"),
    ],
)
def test_the_command_to_type_fits_how_it_was_installed(prefix: str, url: str | None, command: str) -> None:
    """Who lacks the local AWS is told the command of pip, pipx or uv, with the file that was installed."""

    actual = install_command("local", prefix, "/py", url)

    assert actual == command


@pytest.mark.parametrize(("package", "extra"), [("moto", "local"), ("mcp.server", "mcp")])
def test_a_missing_package_names_its_extra(package: str, extra: str) -> None:
    """Whoever lacks it is told which one to add."""

    actual = explain_missing_package(ModuleNotFoundError(name=package))

    assert actual is not None
    assert f"lambda-power-tuner[{extra}]" in actual.message


def test_a_missing_module_of_our_own_is_no_missing_extra() -> None:
    """A module of ours that cannot be found is a defect, and no extra would bring it."""

    actual = explain_missing_package(ModuleNotFoundError(name="power_tuner.gone"))

    assert actual is None
