"""What a path means that is neither a project nor a folder of code alone."""

from pathlib import Path

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.folder_function import find_function
from power_tuner_cli.meant_function import meant_function
from power_tuner_cli.projects.finding import split_target
from unit.cli.conftest import PowerTuner

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.13}}
Resources:
  Create: {Type: AWS::Serverless::Function, Properties: {CodeUri: src/orders, Handler: app.create}}
  Read: {Type: AWS::Serverless::Function, Properties: {CodeUri: src/orders/, Handler: app.read}}
  Thumbs: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: thumbs.lambda_function.handler}}
"""
SERVICE = """
service: orders
provider: {name: aws, runtime: nodejs22.x}
functions: {create: {handler: src/orders/create.handler}}
"""
CDK = """{"Resources": {"Orders2F6E0D6A": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "asset.1"},
"Properties": {"Handler": "index.handler", "Runtime": "python3.13", "Code": {"S3Bucket": "b", "S3Key": "k"}}}}}"""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def meant(target: str, handler: str | None = None) -> tuple[str, str | None]:
    """Return the file or folder that is meant, and its function or handler."""
    place = split_target(target)
    assert place is not None
    found, chosen = meant_function(*place, handler)
    return str(found if isinstance(found, Path) else found.file), chosen


@pytest.fixture
def sam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a SAM application with three functions, and go there."""
    write(
        tmp_path,
        {
            "template.yaml": TEMPLATE,
            "src/orders/app.py": "def create(event, context): ...\ndef read(event, context): ...\n",
            "src/thumbs/lambda_function.py": "def handler(event, context): ...\n",
            "tests/checks.txt": "",
        },
    )
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("within", "target", "found"),
    [
        (".", "src/thumbs", ("template.yaml", "Thumbs")),
        ("src/thumbs", ".", ("../../template.yaml", "Thumbs")),
        ("src/thumbs", "lambda_function.py", ("../../template.yaml", "Thumbs")),
        ("src/thumbs", "lambda_function.handler", ("../../template.yaml", "Thumbs")),
        (".", "src/orders/app.py:read", ("template.yaml", "Read")),
    ],
)
@pytest.mark.usefixtures("sam")
def test_code_of_a_project_is_tuned_as_its_function(
    monkeypatch: pytest.MonkeyPatch, within: str, target: str, found: tuple[str, str]
) -> None:
    """Its folder, its file or its handler stands for the function of the template above."""
    monkeypatch.chdir(within)

    assert found == meant(target)


@pytest.mark.usefixtures("sam")
def test_code_of_a_project_is_tuned_alone_with_its_handler() -> None:
    """Who gives --handler means the code."""
    assert meant("src/orders", "app.read") == ("src/orders", "app.read")


@pytest.mark.usefixtures("sam")
def test_code_of_several_functions_is_answered_with_commands() -> None:
    """Those of the functions whose code is there."""
    with pytest.raises(CliError) as told:
        meant("src/orders")

    assert str(told.value).splitlines() == [
        "src/orders has the code of 2 functions. Choose one:",
        "  power-tuner tune template.yaml:Create",
        "  power-tuner tune template.yaml:Read",
    ]


def test_a_folder_with_nothing_is_answered_with_what_is_above(sam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands reach the project from where they are typed."""
    monkeypatch.chdir(sam / "tests")

    with pytest.raises(
        CliError, match=r"In the folders above there is:\n  power-tuner tune \.\./template.yaml:Create\n"
    ):
        find_function(Path(), None)


def test_a_file_of_a_service_is_tuned_as_its_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the path in its handler."""
    write(tmp_path, {"serverless.yml": SERVICE, "src/orders/create.js": "exports.handler = async (event) => 1;\n"})
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path / "src")

    assert meant("orders/create.js") == ("../serverless.yml", "create")


def test_code_that_cdk_copied_is_tuned_as_its_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the copy in cdk.out is the same; other code is tuned by itself."""
    code = "def handler(event, context): ...\n"
    write(tmp_path, {"cdk.out/A.template.json": CDK, "cdk.out/asset.1/index.py": code, "code/index.py": code})
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)

    assert meant("code") == ("cdk.out/A.template.json", "Orders2F6E0D6A")
    (tmp_path / "code" / "index.py").write_text(code + "\n")
    assert meant("code") == ("code", None)


def test_another_repository_is_not_looked_into(sam: Path) -> None:
    """The folder of a repository has nothing to do with what lies above it."""
    (sam / "src" / "thumbs" / ".git").mkdir()

    assert meant("src/thumbs") == ("src/thumbs", None)


def test_a_file_is_tuned_as_the_function_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only one that it has, or the one that is named."""
    write(
        tmp_path, {"code/work.py": "def run(event, context): ...\n", "two.py": "def a(event): ...\ndef b(event): ...\n"}
    )
    monkeypatch.chdir(tmp_path)

    assert meant("code/work.py") == ("code", "work.run")
    assert meant("code/work.py:other") == ("code", "work.other")
    assert meant("two.b") == (".", "two.b")
    with pytest.raises(CliError, match=r"has 2 handlers. Choose one:\n  power-tuner tune two.py:a\n"):
        meant("two.py")


@pytest.mark.parametrize(
    ("target", "words"),
    [("none.py", "There is no file 'none.py'."), ("empty.py", "Name it:\n  power-tuner tune empty.py:FUNCTION")],
)
def test_a_file_without_a_handler_is_told(power_tuner: PowerTuner, tmp_path: Path, target: str, words: str) -> None:
    """With what to type."""
    (tmp_path / "empty.py").touch()

    assert words in power_tuner("tune", target).stderr


@pytest.mark.parametrize("target", [".", "src", "src/index.ts"])
def test_typescript_is_answered_with_what_compiles_it(power_tuner: PowerTuner, tmp_path: Path, target: str) -> None:
    """As Lambda runs none."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "index.ts").write_text("export const handler = async (event: unknown) => 1;")

    assert power_tuner("tune", target).stderr.endswith(
        "src/index.ts is written in TypeScript. Compile it, and tune what comes out, for example:\n"
        "  npx esbuild src/index.ts --bundle --platform=node --outdir=src/dist\n  power-tuner tune src/dist\n"
    )
