"""The wheel, installed into an environment of its own, outside the repository."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from environments import create_environment, install

pytestmark = pytest.mark.local_aws

ROOT = Path(__file__).parents[3]
SOURCES = ("handlers", "infrastructure", "statemachine", "events")
FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "template.yaml")
Command = Callable[..., subprocess.CompletedProcess[str]]


def run(*words: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 our own commands
        [str(word) for word in words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the wheel from a copy of the sources and install it; return the environment and its packages."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / "copy" / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / "copy" / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    built = run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, folder / "copy", cwd=folder)
    assert built.returncode == 0, built.stderr
    shutil.rmtree(folder / "copy")
    python = create_environment(folder / "env")
    (wheel,) = folder.glob("*.whl")
    pins = ROOT / "infrastructure" / "requirements" / "dev.txt"
    install(python, "--constraint", pins, f"{wheel}[local]")
    (packages,) = (folder / "env" / "lib").glob("python3*/site-packages")
    return folder / "env", packages


@pytest.fixture
def power_tuner(installed: tuple[Path, Path], tmp_path: Path) -> Command:
    """Run the installed command in a folder with nothing in it."""
    environment, _ = installed

    def call(*words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "POWER_TUNER_STATE_DIR": str(tmp_path), **more}
        return run(environment / "bin" / "power-tuner", *words, cwd=tmp_path, environment=variables)

    return call


def test_it_tells_its_version(power_tuner: Command) -> None:
    """The installed command knows its version."""

    done = power_tuner("--version")

    assert done.stdout.strip() == "0.1.0", done.stderr


@pytest.fixture(scope="module")
def gallery(installed: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SAM application: a function in Node.js, and one in this Python with a compiled library in a layer."""
    environment, _ = installed
    folder = tmp_path_factory.mktemp("projects") / "gallery"
    shutil.copytree(ROOT / "tests" / "projects" / "gallery", folder)
    template = folder / "template.yaml"
    here = f"python3.{sys.version_info.minor}"
    template.write_text(template.read_text("utf-8").replace("python3.13", here), encoding="utf-8")
    layer = folder / "layers" / "imaging"
    what = ("--target", layer / "python", "--requirement", layer / "requirements.txt")
    install(environment / "bin/python", *what)
    return folder


@pytest.fixture(scope="module")
def running(installed: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables of commands that find a running local AWS."""
    environment, _ = installed
    folder = tmp_path_factory.mktemp("state")
    state = {"PATH": os.environ["PATH"], "HOME": str(folder), "POWER_TUNER_STATE_DIR": str(folder)}
    started = run(environment / "bin" / "power-tuner", "local", "up", cwd=folder, environment=state)
    assert started.returncode == 0, started.stderr
    yield state
    run(environment / "bin" / "power-tuner", "local", "down", cwd=folder, environment=state)


@pytest.mark.parametrize("function", ["Thumbnails", "Captions"])
def test_an_application_is_tuned_by_what_travels_in_the_wheel(
    power_tuner: Command, gallery: Path, running: dict[str, str], function: str
) -> None:
    """Outside the repository the functions of a SAM application are tuned, by what the wheel has; none is changed."""
    if function == "Captions" and shutil.which("node") is None:
        pytest.skip("needs Node.js: there is no node on the PATH")
    seed = ("--seed", gallery / "seed.py") if function == "Thumbnails" else ()

    done = power_tuner(
        *("tune", f"{gallery}/template.yaml:{function}", *seed, "--power-values", "256,1024", "--num", "2", "--json"),
        **running,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert "SUCCEEDED" == told["status"], done.stderr
    assert ["ok", "ok"] == [branch["outcome"] for branch in told["result"]["branches"]]
    assert "is run with Python" not in done.stderr


def test_the_demo_shows_three_curves_and_one_failed_branch(
    power_tuner: Command, running: dict[str, str], tmp_path: Path
) -> None:
    """Outside the repository it ends well, saves three reports, and tells the branch that ran out of memory."""
    finished = power_tuner("demo", "--json", "--output", "demo", **running)
    assert finished.returncode == 0, finished.stderr
    examples = json.loads(finished.stdout)["examples"]

    outcomes = [[branch["outcome"] for branch in each["result"]["branches"]] for each in examples]

    assert [["ok"] * 6, ["ok"] * 6, ["out-of-memory", *["ok"] * 5]] == outcomes
    for name in ("cpu_bound", "waiting_bound", "memory_hungry"):
        assert "<svg" in (tmp_path / "demo" / name / "report.html").read_text("utf-8")


def test_what_travels_in_the_wheel_is_deployed_updated_and_removed(
    power_tuner: Command, running: dict[str, str]
) -> None:
    """Outside the repository a stack is deployed to a running local AWS, moved to another mode, and removed."""
    where = ("--local", "--stack-name", "mine", "--yes", "--json")
    outcomes = [
        power_tuner("deploy", "--mode", "measure", *where, **running),
        power_tuner("deploy", "--mode", "advise", *where, **running),
        power_tuner("deploy", *where, **running),
        power_tuner("undeploy", *where, **running),
    ]

    assert [] == [done.stderr for done in outcomes if done.returncode]
    assert ["DEPLOYED", "DEPLOYED", "UNCHANGED", "UNDEPLOYED"] == [
        json.loads(each.stdout)["status"] for each in outcomes
    ]


def test_deploying_needs_no_extra(installed: tuple[Path, Path], tmp_path: Path) -> None:
    """Where the local AWS is not installed, deploy gets as far as AWS."""
    environment, _ = installed
    program = (
        "import sys; sys.modules |= dict.fromkeys(('moto', 'samtranslator', 'flask', 'werkzeug', 'awslambdaric'));"
        "from power_tuner_cli.main import main;"
        "sys.argv = ['power-tuner', 'deploy', '--yes', '--endpoint-url', 'http://127.0.0.1:9']; main()"
    )
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-west-1"}
    fast = {"AWS_MAX_ATTEMPTS": "1", "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = run(environment / "bin" / "python", "-c", program, cwd=tmp_path, environment=keys | fast)

    assert done.returncode == 3
    assert "AWS could not be reached" in done.stderr, done.stderr


def test_the_local_aws_is_small(installed: tuple[Path, Path]) -> None:
    """The tuner with its local AWS pulls in less than 150 MB."""
    _, packages = installed
    files = [path for path in packages.rglob("*") if path.is_file()]

    pulled_in = [path for path in files if not path.relative_to(packages).parts[0].startswith("power_tuner")]

    assert sum(path.stat().st_size for path in pulled_in) < 150e6
    assert len(pulled_in) < len(files)


@pytest.mark.parametrize("words", [("demo",), ("local", "up")], ids=" ".join)
def test_without_the_extra_the_command_to_type_is_named(
    power_tuner: Command, installed: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Where the local AWS is not installed, what needs it names the command to type, without a traceback."""
    _, packages = installed
    (packages / "moto").rename(tmp_path / "moto")

    done = power_tuner(*words)

    (tmp_path / "moto").rename(packages / "moto")
    assert done.returncode == 3
    assert "-m pip install 'lambda-power-tuner[local] @ file://" in done.stderr
    assert "Traceback" not in done.stderr
