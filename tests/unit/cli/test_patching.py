"""`power-tuner apply --patch` writes no decision that should not be applied."""

from typing import Any

import pytest

from power_tuner_cli.console import open_screen
from power_tuner_cli.errors import CliError
from power_tuner_cli.patching import patch_file
from run_items import completed_run


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"memory_mb": None}, "decided nothing"),
        ({"significant": False}, "no gain that is more than chance"),
        ({"floor_broken": "production used up to 480 MB"}, "is not safe: production used up to 480 MB"),
    ],
)
def test_what_should_not_be_applied_is_not_written(found: dict[str, Any], words: str) -> None:
    """The file is not even read."""
    with pytest.raises(CliError, match=words):
        patch_file(open_screen(as_json=True), completed_run(**found), "nowhere.yaml", yes=True, dry_run=False)
