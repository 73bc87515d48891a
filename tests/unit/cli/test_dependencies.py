"""Dependencies of a function's code, and where they may lie."""

from pathlib import Path

import pytest

from power_tuner_cli.projects.dependencies import missing_dependencies


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A folder of code that needs a package of Python, one of npm, and what Lambda brings."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "requirements.txt").write_text("boto3\nPillow>=11  # pictures\n")
    (tmp_path / "code" / "package.json").write_text('{"dependencies": {"left-pad": "1", "@aws-sdk/client-s3": "3"}}')
    return tmp_path / "code"


def test_what_does_not_lie_there_is_missing(code: Path) -> None:
    """Packages that Lambda brings are not asked for."""

    assert ["Pillow", "left-pad"] == missing_dependencies(code)


@pytest.mark.parametrize("python", ["python", "python/lib/python3.13/site-packages"])
@pytest.mark.parametrize("node", ["nodejs", "nodejs/node22"])
def test_layers_have_dependencies(code: Path, tmp_path: Path, python: str, node: str) -> None:
    """What lies in a layer, where Lambda looks for it, is there; also for the list of the layer itself."""
    layer = tmp_path / "layer"
    (layer / python / "pillow-13.0.0.dist-info").mkdir(parents=True)
    (layer / node / "node_modules" / "left-pad").mkdir(parents=True)
    (layer / "requirements.txt").write_text("pillow\n")

    assert [] == missing_dependencies(code, layer)
    assert [] == missing_dependencies(layer)
