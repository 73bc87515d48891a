"""What the command line says of itself, and how soon."""

import subprocess
import sys

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
