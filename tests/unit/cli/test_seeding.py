"""The script that fills tables and buckets."""

from pathlib import Path

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.seeding import run_seed


def test_a_script_is_run_by_the_interpreter_that_it_names(tmp_path: Path) -> None:
    """If it may be executed; it has the variables of the function and of the local AWS."""
    script = tmp_path / "seed"
    script.write_text('#!/bin/sh\necho "$TABLE $AWS_REGION $OUTPUT_Url"\n', "utf-8")
    script.chmod(0o755)

    said = run_seed(script, {"AWS_REGION": "r"}, variables={"TABLE": "t"}, outputs={"Url": "u"}, resources={})

    assert "t r u" == said


def test_a_script_that_lacks_a_package_is_told_which_python_ran_it(tmp_path: Path) -> None:
    """And how another is chosen."""
    script = tmp_path / "seed.py"
    script.write_text("import no_such_package\n", "utf-8")

    with pytest.raises(CliError, match=r"No module named 'no_such_package'\nThe script is run with the Python"):
        run_seed(script, {}, variables={}, outputs={}, resources={})
