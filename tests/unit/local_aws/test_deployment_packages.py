"""What of a folder is code."""

from pathlib import Path

from power_tuner_local.cloudformation.deployment_packages import code_files


def test_virtual_environments_and_caches_are_no_code(tmp_path: Path) -> None:
    """Whatever the environment is called."""
    for name in ("app.py", "lib/own.py", "lib/__pycache__/own.pyc", "env/pyvenv.cfg", "env/lib/x.so", ".terraform/a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert [tmp_path / "app.py", tmp_path / "lib" / "own.py"] == sorted(code_files(tmp_path))
