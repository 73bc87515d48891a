"""The functions that a module of Terraform declares, and where their code lies."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from power_tuner_cli.projects.terraform_blocks import Block
from power_tuner_cli.projects.terraform_module import Module
from power_tuner_cli.projects.terraform_terms import as_text, is_known, is_made

_FUNCTION = "aws_lambda_function"
_MODULE = "terraform-aws-modules/lambda/aws"
_SEVERAL = ("for_each", "count")


@dataclass(frozen=True, slots=True)
class TerraformFunction:
    """A function: a resource, or a call of the module terraform-aws-modules/lambda/aws."""

    module: Module
    block: Block

    @property
    def address(self) -> str:
        """Return its address."""
        return self.module.address(self.block)

    def get(self, *names: str) -> Any:
        """Return the first of these attributes that has a value."""
        values = (self.module.attribute(self.block, name) for name in names)
        return next((each for each in values if each is not None), None)

    @property
    def variables(self) -> dict[str, Any]:
        """Return its environment variables, as far as the expression that makes them is read."""
        sections = [each for each in self._environment if isinstance(each, dict) and not _by_expression(each)]
        found = {name: each for section in sections for name, each in section.items()}
        return {name: each if isinstance(each, dict) else as_text(each) for name, each in found.items()}

    @property
    def unread_variables(self) -> list[str]:
        """Return the expressions that make environment variables and are not read here."""
        return [each["Fn::ImportValue"][0] for each in self._environment if _by_expression(each)]

    @property
    def _environment(self) -> list[Any]:
        blocks = [self.module.attribute(each, "variables") for each in self.block.inner("environment")]
        return [self.get("environment_variables"), *blocks]

    @property
    def code(self) -> Path | None:
        """Return the folder or the file of its code; None if it is not known to lie on this machine."""
        place = self.get("filename", "source_path", "local_existing_package")
        place = place[0] if isinstance(place, list) and place else place
        place = place.get("path") if isinstance(place, dict) and is_known(place) else place
        if not isinstance(place, str) or self.get("image_uri"):
            return None
        # Paths in a call are those of the module that calls.
        return self.module.root / place

    @property
    def problem(self) -> str | None:
        """Return why it cannot be tuned from here, with what helps; None if it can."""
        if several := self._over_what:
            return several
        if self.get("package_type") == "Image" or self.get("image_uri"):
            return "is a container image, which is not run here. Deploy it, and tune it by its name on AWS."
        if self.code is None:
            return f"has its code elsewhere, or under a name that is not known here. {self.by_folder}"
        if not self.code.exists():
            return f"has its code in {self.code}, which does not exist. Build it. {self.by_folder}"
        return None

    @property
    def _over_what(self) -> str | None:
        """Return why it is not known which functions it stands for; None if it is."""
        for name in _SEVERAL:
            value = self.get(name)
            if self.block.key is None and is_made(value):
                wanted = value.get("Fn::ImportValue")
                shown = wanted if isinstance(wanted, str) else "".join(map(str, wanted or ()))
                told = f"stands for several functions ({name}), by {shown}, which is not known here."
                advice = f" Give it with --parameter '{wanted}=VALUE'." if isinstance(wanted, str) else ""
                return f"{told}{advice} {self.by_folder}"
        return None

    @property
    def by_folder(self) -> str:
        """Return how to tune the code alone."""
        settings = {"--memory": self.get("memory_size"), "--timeout": self.get("timeout")}
        words = [f"{option} {value}" for option, value in settings.items() if isinstance(value, int)]
        words += [
            f"--env {shlex.quote(f'{name}={value}')}" for name, value in self.variables.items() if is_known(value)
        ]
        handler = self.get("handler")
        named = shlex.quote(handler) if isinstance(handler, str) else "FILE.FUNCTION"
        return " ".join(["The folder of its sources can be tuned:\n  power-tuner tune FOLDER --handler", named, *words])


def _by_expression(value: Any) -> bool:
    return is_made(value) and isinstance(value.get("Fn::ImportValue"), list)


def functions_of(module: Module) -> Iterator[TerraformFunction]:
    """Yield the functions that a module declares itself."""
    for block in module.of_kind("resource", _FUNCTION):
        yield TerraformFunction(module, block)
    for block in module.of_kind("module"):
        source = module.attribute(block, "source")
        if isinstance(source, str) and _MODULE in source:
            yield TerraformFunction(module, block)
