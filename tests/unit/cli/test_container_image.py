"""Functions that are container images, and what is said where docker does not help; docker is a stand-in."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.container_image import ImageSource, runtime_of
from power_tuner_cli.projects.sam_project import SamProject

DOCKER = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
  build) echo sha256:0123456789abcdef0123456789abcdef0123 ;;
  image) cat "{config}" ;;
  create) echo c0ffee ;;
  cp) mkdir -p "$3" && cp -r "{task}/." "$3" ;;
esac
"""
CONFIG = {
    "Entrypoint": ["/lambda-entrypoint.sh"],
    "Cmd": ["app.handler"],
    "Env": ["PATH=/var/lang/bin", "LAMBDA_TASK_ROOT=/var/task", "STAGE=image", "KIND=a=b"],
}
Install = Callable[[str], None]


@pytest.fixture
def project(tmp_path: Path) -> SamProject:
    """A template with a function that is an image."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "Dockerfile").write_text("FROM public.ecr.aws/lambda/python:3.12\nCOPY . ${LAMBDA_TASK_ROOT}\n")
    function: dict[str, Any] = {"Environment": {"Variables": {"STAGE": "template"}}, "ImageUri": "picture:latest"}
    body = {
        "Type": "AWS::Serverless::Function",
        "Properties": function,
        "Metadata": {"DockerContext": "src", "Dockerfile": "Dockerfile", "DockerBuildArgs": {"A": 1}},
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": {"PackageType": "Image"}},
        "Resources": {"Picture": body},
    }
    (tmp_path / "template.json").write_text(json.dumps(template))
    return SamProject.read(tmp_path / "template.json")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a docker of the test's own on the PATH."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.defpath}")

    def put(script: str) -> None:
        (tmp_path / "bin" / "docker").write_text(script)
        (tmp_path / "bin" / "docker").chmod(0o755)

    return put


@pytest.fixture
def working(install: Install, tmp_path: Path) -> Callable[..., Path]:
    """Put a docker there that builds an image with this configuration; return its log."""

    def put(**config: Any) -> Path:
        (tmp_path / "config.json").write_text(json.dumps({**CONFIG, **config}))
        (tmp_path / "task").mkdir(exist_ok=True)
        (tmp_path / "task" / "app.py").write_text("def handler(event, context):\n    return 7\n")
        install(DOCKER.format(log=tmp_path / "log", config=tmp_path / "config.json", task=tmp_path / "task"))
        return tmp_path / "log"

    return put


def test_code_is_copied_out_of_the_image(project: SamProject, working: Callable[..., Path]) -> None:
    """The function becomes one of a folder, with the image's handler and variables; its container is not started."""
    log = working()
    prepared = project.prepare("Picture", {})
    project.prepare("Picture", {})

    properties = prepared.document["Resources"]["Picture"]["Properties"]
    assert ("Zip", "python3.12", "app.handler") == tuple(
        properties[name] for name in ("PackageType", "Runtime", "Handler")
    )
    assert {"STAGE": "template", "KIND": "a=b"} == properties["Environment"]["Variables"]
    assert "return 7" in (Path(properties["CodeUri"]) / "app.py").read_text()
    assert "ImageUri" not in properties
    commands = [line.split(" ", 1)[0] for line in log.read_text().splitlines()]
    assert ["build", "image", "create", "cp", "rm", "build", "image"] == commands
    assert "--build-arg A=1" in log.read_text()
    assert "what else is installed in the image is not there" in prepared.notes[0]


@pytest.mark.usefixtures("install")
def test_without_docker_it_is_named(project: SamProject) -> None:
    """Where there is no docker, what helps is to install it."""

    with pytest.raises(CliError, match=r"there is no docker on the PATH\. Install Docker, and tune again\."):
        project.prepare("Picture", {})


def test_an_engine_that_does_not_answer_is_told(project: SamProject, install: Install) -> None:
    """Where docker has no engine, what helps is to start it."""
    said = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
    install(f"#!/bin/sh\necho 'DEPRECATED: an old builder' >&2\necho '{said}' >&2\nexit 1\n")

    with pytest.raises(CliError, match=r"its engine does not answer \(Cannot connect.*\)\. Start Docker") as caught:
        project.prepare("Picture", {})
    assert said in str(caught.value)


def test_a_build_that_fails_is_told(project: SamProject, install: Install) -> None:
    """The last lines of what docker says are shown."""
    install("#!/bin/sh\nprintf 'one\\n\\nfailed to solve: no such file\\n' >&2\nexit 1\n")

    with pytest.raises(CliError, match=r"`docker build` failed:\n  one\n  failed to solve: no such file$"):
        project.prepare("Picture", {})


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"Entrypoint": ["/usr/bin/python3"]}, "has an ENTRYPOINT of its own, which is not run here"),
        ({"Entrypoint": None}, "has an ENTRYPOINT of its own, which is not run here"),
        ({"Cmd": None}, "the image has no CMD"),
    ],
)
def test_other_images_are_refused(
    project: SamProject, working: Callable[..., Path], config: dict[str, Any], said: str
) -> None:
    """An image with an entrypoint of its own, or without a command, is refused."""
    working(**config)

    with pytest.raises(CliError, match=said):
        project.prepare("Picture", {})


@pytest.mark.parametrize(
    ("dockerfile", "runtime"),
    [
        ("FROM public.ecr.aws/lambda/python:3.13\n", "python3.13"),
        ("FROM --platform=linux/amd64 public.ecr.aws/lambda/nodejs:22 AS app\n", "nodejs22.x"),
        ("ARG V=3.12\nFROM amazon/aws-lambda-python:${V}-x86_64\n", "python3.12"),
        ("FROM public.ecr.aws/lambda/python:3.11 AS base\nFROM node:22 AS front\nFROM base\n", "python3.11"),
        ("# FROM debian\nfrom \\\n  public.ecr.aws/lambda/nodejs:20\n", "nodejs20.x"),
    ],
)
def test_the_base_image_tells_the_runtime(tmp_path: Path, dockerfile: str, runtime: str) -> None:
    """Of the stage that is built, by whatever name and with whatever arguments."""
    (tmp_path / "Dockerfile").write_text(dockerfile)

    assert runtime == runtime_of(ImageSource(tmp_path / "Dockerfile", tmp_path, {}, ""))


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("FROM debian:12\n", "begins with debian:12"),
        ("FROM public.ecr.aws/lambda/java:21\n", "begins with public.ecr.aws/lambda/java:21"),
        ("RUN true\n", "begins with none"),
        (None, "cannot be read"),
    ],
)
def test_another_base_image_is_refused(tmp_path: Path, dockerfile: str | None, said: str) -> None:
    """Only Lambda's own for Python and Node.js are run here."""
    if dockerfile is not None:
        (tmp_path / "Dockerfile").write_text(dockerfile)

    with pytest.raises(CliError, match=said):
        runtime_of(ImageSource(tmp_path / "Dockerfile", tmp_path, {}, ""))
