"""A serverless.yml: what is in the package of a function, and in its template."""

import json
import zipfile
from pathlib import Path

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.serverless_package import package_of, patterns_of
from power_tuner_cli.projects.serverless_project import ServerlessProject

SERVICE = """
service: chat
useDotenv: true
provider:
  name: aws
  runtime: nodejs22.x
  environment: {API: !Ref HttpApi, TOKEN: '${env:CHAT_TOKEN}', STAGE_TOKEN: '${env:STAGE_TOKEN}'}
functions: {list: {handler: list.handler}}
resources:
  - Conditions: {IsProd: !Equals ['${sls:stage}', prod]}
  - Mappings: {Sizes: {dev: {mb: 1}}}
    Resources:
      Audit: {Type: 'AWS::S3::Bucket', Condition: IsProd}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder of a service, and keep packages beside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    service = tmp_path / "service"
    for name in (
        "app.js",
        "lib/own.js",
        "lib/own.test.js",
        "docs/a.md",
        "node_modules/jest/i.js",
        "node_modules/ms/i.js",
    ):
        (service / name).parent.mkdir(parents=True, exist_ok=True)
        (service / name).touch()
    return service


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["!docs/**", "!**/*.test.js"], ["app.js", "lib/own.js", "node_modules/jest/i.js", "node_modules/ms/i.js"]),
        (["!**", "lib/**", "!lib/*.test.js"], ["lib/own.js"]),
        (["!./{docs,node_modules}/**", "!lib/own.????.js"], ["app.js", "lib/own.js"]),
    ],
)
def test_patterns_say_what_is_in_a_package(folder: Path, patterns: list[str], left: list[str]) -> None:
    """The last one that a file matches decides."""
    package = package_of(folder, patterns)

    assert package is not None
    assert left == zipfile.ZipFile(package).namelist()


def test_packages_for_development_are_left_out(folder: Path) -> None:
    """Those that package-lock.json says are; without any, the folder itself is the code."""
    assert package_of(folder, []) is None
    lock = {"packages": {"": {}, "node_modules/jest": {"dev": True}, "node_modules/ms": {}}}
    (folder / "package-lock.json").write_text(json.dumps(lock))

    package = package_of(folder, [])

    assert package is not None
    assert ["node_modules/ms/i.js"] == [each for each in zipfile.ZipFile(package).namelist() if "_modules" in each]


def test_patterns_of_the_function_come_last() -> None:
    """The older words stand for patterns too."""
    service = {"package": {"individually": True, "exclude": ["a"], "include": ["b"], "patterns": ["!c"]}}

    assert ["!a", "b", "!c", "d"] == patterns_of(service, {"package": {"patterns": ["d"]}})


def test_a_service_has_all_sections_and_the_variables_of_its_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conditions and mappings too; what the framework makes has a name; .env of the stage comes before .env."""
    monkeypatch.delenv("CHAT_TOKEN", raising=False)
    (folder / "serverless.yml").write_text(SERVICE)
    (folder / "list.js").touch()
    (folder / ".env").write_text("# tokens\nexport CHAT_TOKEN='abc'\nSTAGE_TOKEN=all\n")
    (folder / ".env.dev").write_text('STAGE_TOKEN="dev"\r\n')

    document = ServerlessProject.read(folder / "serverless.yml").prepare("list", {}).document

    assert {"Fn::Equals": ["dev", "prod"]} == document["Conditions"]["IsProd"]
    assert {"dev": {"mb": 1}} == document["Mappings"]["Sizes"]
    assert "AWS::ApiGatewayV2::Api" == document["Resources"]["HttpApi"]["Type"]
    assert "ApiGatewayRestApi" not in document["Resources"]
    variables = document["Resources"]["ListLambdaFunction"]["Properties"]["Environment"]["Variables"]
    assert ("abc", "dev") == (variables["TOKEN"], variables["STAGE_TOKEN"])


def test_the_layer_of_the_plugin_for_python_is_what_it_has_built(folder: Path) -> None:
    """Before it is built, the command that builds it is told."""
    (folder / "serverless.yml").write_text(
        "service: chat\nprovider: {name: aws}\nplugins: [serverless-python-requirements]\n"
        "functions: {list: {handler: list.handler, layers: [{Ref: PythonRequirementsLambdaLayer}]}}\n"
    )
    (folder / "list.py").touch()
    (folder / ".serverless").mkdir()
    service = ServerlessProject.read(folder / "serverless.yml")

    with pytest.raises(CliError, match=r"layer of its requirements, which is not built yet(.|\n)*serverless package"):
        service.prepare("list", {})
    (folder / ".serverless" / "pythonRequirements.zip").touch()

    layer = service.prepare("list", {}).document["Resources"]["PythonRequirementsLambdaLayer"]["Properties"]
    assert {"ContentUri": ".serverless/pythonRequirements.zip"} == layer
