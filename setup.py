"""Builds the wheel with the application that the command deploys, and its examples."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

APPLICATION = (
    "template.yaml",
    "statemachine",
    "handlers",
    "events",
    "infrastructure/layer",
    "infrastructure/examples",
)


class BuildWithApplication(build_py):
    """Copies the application into the package of the command, with the paths that it has in the repository."""

    def run(self) -> None:
        """Build the packages and add the application."""
        super().run()
        if self.editable_mode:
            return
        root = Path(self.build_lib) / "power_tuner_cli" / "application"
        shutil.rmtree(root, ignore_errors=True)
        for name in APPLICATION:
            source, target = Path(name), root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copyfile(source, target)


setup(cmdclass={"build_py": BuildWithApplication})
