"""Functions that are container images of Lambda's base images: their code, copied out of the image with docker."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from power_tuner_cli.build_cache import cached
from power_tuner_cli.errors import CliError

# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
_BASE = re.compile(
    r"(?:public\.ecr\.aws/lambda/|amazon/aws-lambda-)(?P<family>python|nodejs):(?P<version>\d+(?:\.\d+)?)\b"
)
_ENTRYPOINT = ["/lambda-entrypoint.sh"]
_OF_THE_BASE = frozenset({"LANG", "TZ", "PATH", "LD_LIBRARY_PATH", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"})
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_NO_ENGINE = re.compile(r"docker (?:daemon|api)", re.IGNORECASE)
_LONGEST_S = 1800
_SHOWN_LINES = 5
_HELP = "Deploy it, and tune it by its name on AWS."
_OR = "Or deploy it, and tune it by its name on AWS."


@dataclass(frozen=True, slots=True)
class ImageSource:
    """What an image is built from.

    Attributes:
        context: The folder that the Dockerfile's COPY reads.
        target: The stage that is built; empty for the last.
    """

    dockerfile: Path
    context: Path
    arguments: Mapping[str, str]
    target: str


@dataclass(frozen=True, slots=True)
class ImageCode:
    """A function's code that was copied out of its image.

    Attributes:
        variables: What the Dockerfile has set with ENV.
    """

    folder: Path
    runtime: str
    handler: str
    variables: Mapping[str, str]


def is_built_here(body: Mapping[str, Any], shared: Mapping[str, Any]) -> bool:
    """Return whether a function of a SAM template is an image that is built on this machine."""
    metadata = body.get("Metadata")
    is_image = {**shared, **body["Properties"]}.get("PackageType") == "Image"
    return is_image and isinstance(metadata, dict) and isinstance(metadata.get("DockerContext"), str)


def source_of(body: Mapping[str, Any], root: Path) -> ImageSource:
    """Return what the image of a function is built from."""
    metadata: Mapping[str, Any] = body["Metadata"]
    context = root / metadata["DockerContext"]
    arguments = {name: str(value) for name, value in (metadata.get("DockerBuildArgs") or {}).items()}
    dockerfile = context / str(metadata.get("Dockerfile", "Dockerfile"))
    return ImageSource(dockerfile, context, arguments, str(metadata.get("DockerBuildTarget", "")))


def code_of(source: ImageSource, command: list[str] | None) -> ImageCode:
    """Return the code of an image, which is built first.

    Args:
        source: What it is built from.
        command: What replaces the image's own command.

    Raises:
        CliError: It is not one of Lambda's base images, or docker could not build it; the message says what helps.
    """
    runtime = runtime_of(source)
    options = [word for name, value in source.arguments.items() for word in ("--build-arg", f"{name}={value}")]
    options += ["--target", source.target] if source.target else []
    image = _docker("build", "--quiet", "--file", str(source.dockerfile), *options, str(source.context))
    made = json.loads(_docker("image", "inspect", "--format", "{{json .Config}}", image))
    if made.get("Entrypoint") != _ENTRYPOINT:
        raise CliError(f"{source.dockerfile}: the image has an ENTRYPOINT of its own, which is not run here. {_HELP}")
    handler = (command or made.get("Cmd") or [""])[0]
    if not handler:
        raise CliError(
            f'{source.dockerfile}: the image has no CMD. Name the handler there, such as CMD ["app.handler"].'
        )
    folder = cached("images", image.removeprefix("sha256:")[:32], lambda place: _copy_code(image, place))
    set_there = dict(each.partition("=")[::2] for each in made.get("Env") or ())
    variables = {name: value for name, value in set_there.items() if name not in _OF_THE_BASE}
    return ImageCode(folder, runtime, handler, variables)


def runtime_of(source: ImageSource) -> str:
    """Return the runtime whose base image a Dockerfile begins with.

    Raises:
        CliError: There is no Dockerfile, or it begins with another image.
    """
    try:
        text = source.dockerfile.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise CliError(f"{source.dockerfile} cannot be read: it is to be the Dockerfile of a function.") from None
    arguments: dict[str, str] = {}
    stages: dict[str, str] = {}
    last = ""
    for instruction, words in _instructions(text):
        if instruction == "ARG" and not last:
            name, _, value = words[0].partition("=")
            arguments[name] = source.arguments.get(name, value.strip("\"'"))
        elif instruction == "FROM":
            named, *alias = [each for each in words if not each.startswith("--")]
            image = _VARIABLE.sub(lambda match: arguments.get(match[1], ""), named)
            last = stages.get(image.lower(), image)
            # FROM image AS name
            stages |= {each.lower(): last for each in alias[1:2]}
    image = stages.get(source.target.lower(), last)
    match = _BASE.match(image)
    if match is None:
        raise CliError(
            f"{source.dockerfile}: only images that begin with one of Lambda's base images for Python or Node.js are "
            f"run here, and this one begins with {image or 'none'}. {_HELP}"
        )
    return f"python{match['version']}" if match["family"] == "python" else f"nodejs{match['version']}.x"


def as_zip(body: dict[str, Any], code: ImageCode) -> None:
    """Turn a function of a template into one whose code is a folder."""
    properties: dict[str, Any] = body["Properties"]
    for name in ("ImageUri", "ImageConfig"):
        properties.pop(name, None)
    own = properties.get("Environment") or {}
    environment = {"Variables": {**code.variables, **(own.get("Variables") or {})}}
    properties |= {"PackageType": "Zip", "CodeUri": str(code.folder), "Environment": environment}
    properties |= {"Runtime": code.runtime, "Handler": code.handler}


def _instructions(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the instructions of a Dockerfile, each with its words."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        words = line.split()
        if len(words) > 1:
            yield words[0].upper(), words[1:]


def _copy_code(image: str, folder: Path) -> None:
    """Copy what Lambda runs out of an image, whose container is made for it and never started."""
    container = _docker("create", image)
    try:
        _docker("cp", f"{container}:/var/task/.", str(folder))
    finally:
        _docker("rm", container)


def _docker(*words: str) -> str:
    """Return what a command of docker prints.

    Raises:
        CliError: There is no docker, its engine does not answer, or the command failed.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the user's own docker, with words of ours
            ["docker", *words],  # noqa: S607 - wherever it is installed # nosec B607
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
        )
    except FileNotFoundError:
        raise CliError(
            "The function is a container image, whose code is read with docker, and there is no docker on the PATH. "
            f"Install Docker, and tune again. {_OR}"
        ) from None
    except subprocess.TimeoutExpired:
        raise CliError(f"`docker {words[0]}` did not end within {_LONGEST_S} s.") from None
    if not done.returncode:
        return done.stdout.strip()
    said = [line for line in done.stderr.splitlines() if line.strip()] or [f"it ended with {done.returncode}"]
    if silent := next((line for line in said if _NO_ENGINE.search(line)), None):
        raise CliError(
            f"The function is a container image, whose code is read with docker, and its engine does not answer "
            f"({silent.strip()}). Start Docker, and tune again. {_OR}"
        )
    told = "\n".join(f"  {line}" for line in said[-_SHOWN_LINES:])
    raise CliError(f"`docker {words[0]}` failed:\n{told}")
