"""What the command line says of itself, and how soon."""

import os
import subprocess
import sys

import pytest

from power_tuner_cli.exit_codes import ExitCode
from unit.cli.conftest import PowerTuner


def test_help_tells_the_exit_codes(power_tuner: PowerTuner) -> None:
    """Every exit code is documented in --help, for the authors of pipelines."""
    told = power_tuner("tune", "--help").stdout

    assert [] == [code for code in ExitCode if f" {int(code)} " not in told]


def test_help_tells_the_two_modes(power_tuner: PowerTuner) -> None:
    """Who reads the help of tune learns what happens without --num."""
    told = " ".join(power_tuner("tune", "--help").stdout.split())

    assert "Without --num, the tuner decides round by round what to invoke" in told


def test_help_needs_nothing_slow() -> None:
    """Putting the commands together imports neither AWS nor the engine: that is left to the commands that need it."""
    script = (
        "import sys; from power_tuner_cli.main import build_app; build_app(); "
        "slow = ('boto3', 'botocore', 'moto', 'plotext', 'samtranslator', 'power_tuner.engine.decide'); "
        "print([name for name in slow if name in sys.modules])"
    )

    finished = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "[]" == finished.stdout.strip()


@pytest.mark.parametrize("page", [[], ["tune"], ["local"]], ids=["all", "tune", "local"])
def test_a_narrow_terminal_loses_no_word(page: list[str]) -> None:
    """At 60 columns the help is whole, and no line is wider."""
    script = "import sys; from power_tuner_cli.main import main; sys.argv[0] = 'power-tuner'; main()"

    told = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script, *page, "--help"],
        env={**os.environ, "COLUMNS": "60"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = [line for line in told.splitlines() if not line.startswith("Usage: ")]

    assert len(lines) > 10
    assert [] == [line for line in lines if len(line) > 60 or "…" in line or line.endswith("...")]
