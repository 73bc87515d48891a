"""`power-tuner tune` on paths: what it takes for a project, which function it means, and what it says otherwise."""

import json
from pathlib import Path
from typing import Any

import pytest

from power_tuner_cli import cloud
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.projects.cdk_project import CdkProject
from power_tuner_cli.projects.example_events import example_event
from power_tuner_cli.projects.sam_project import SamProject
from unit.cli.conftest import PowerTuner

FUNCTION = (
    "  {name}:\n    Type: AWS::Serverless::Function\n    Properties: {{Handler: app.handler, Runtime: python3.13}}\n"
)
HEAD = "Transform: AWS::Serverless-2016-10-31\nResources:\n"


def refused(power_tuner: PowerTuner, *words: str) -> str:
    """Return what a command says that is refused."""
    done = power_tuner("tune", *words)
    assert done.exit_code == 2, done.stderr
    assert done.stdout == ""
    return done.stderr


def template(*names: str) -> str:
    return HEAD + "".join(FUNCTION.format(name=name) for name in names)


def test_several_functions_are_listed_as_commands(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Each line can be typed as it is, whatever is in the path."""
    (tmp_path / "my app").mkdir()
    (tmp_path / "my app" / "template.yml").write_text(template("Reader", "Writer"))

    assert refused(power_tuner, "my app").splitlines() == [
        "power-tuner: my app has 2 functions. Choose one:",
        "  power-tuner tune 'my app/template.yml:Reader'",
        "  power-tuner tune 'my app/template.yml:Writer'",
    ]


def test_an_unknown_function_is_answered_with_those_there_are(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """For a file with Windows line ends, named by its absolute path."""
    file = tmp_path / "stack.yaml"
    file.write_bytes(template("Reader").replace("\n", "\r\n").encode())

    said = refused(power_tuner, f"{file}:reader")

    assert said == f"power-tuner: {file} has no function 'reader'. It has:\n  power-tuner tune {file}:Reader\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it holds nothing"),
        ("just words", "it holds text"),
        ("[1, 2]", "it holds a list"),
        ("a: [", "is neither YAML nor JSON"),
        ("a: &a [*a, *a]", "is neither YAML nor JSON"),
        ("{}", "it is empty"),
        ("apiVersion: v1\nkind: Pod", "it is a Kubernetes object"),
        ("services: {}", "it is a file of Docker Compose"),
        ("openapi: 3.0.0", "it describes an HTTP API"),
        ("StartAt: A\nStates: {}", "it is a state machine"),
        ("name: x\non: y", "its keys are"),
        ("Resources: []", "its keys are Resources"),
        ("Resources: {A: 1}", "the resource A has no Type"),
        ("Resources: {A: {Type: B, Properties: 3}}", "the Properties of A are a number"),
        ("Resources: {A: {Type: B}}\nGlobals: [1]", "Globals is a list, not an object"),
        ("Resources: {A: {Type: B}}\nParameters: {P: x}", "Parameters has text as P, not an object"),
        ("Resources: {'Fn::ForEach::A': [1]}", "in a loop"),
        ("Resources: {A: {Type: 'AWS::S3::Bucket'}}", "there is no Lambda function in it"),
    ],
)
def test_what_is_no_template_is_named(power_tuner: PowerTuner, tmp_path: Path, text: str, words: str) -> None:
    """A file, and a folder with it as its template, are refused with what it is."""
    (tmp_path / "template.yaml").write_text(text)

    assert words in refused(power_tuner, "template.yaml")
    assert words in refused(power_tuner, "template.yaml:A")
    assert words in refused(power_tuner, ".")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (template("Reader") + "  broken: [", "is neither YAML nor JSON"),
        ("Resources:\n  'Fn::ForEach::A': [N, [a], {'F${N}': {Type: 'AWS::Lambda::Function'}}]\n", "in a loop"),
    ],
)
def test_code_beside_a_broken_template_is_not_tuned_instead(
    power_tuner: PowerTuner, tmp_path: Path, text: str, words: str
) -> None:
    """What is wrong with the template is said; the code without its tables would be another function."""
    (tmp_path / "template.yaml").write_text(text)
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")

    assert words in refused(power_tuner, ".")


def test_many_functions_are_not_all_listed(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """The first ones, and how many more there are."""
    (tmp_path / "template.yaml").write_text(template(*(f"F{number}" for number in range(40))))

    said = refused(power_tuner, ".").splitlines()

    assert (len(said), said[-1]) == (14, "  ... and 28 more")


def test_a_function_without_its_file_is_found(
    power_tuner: PowerTuner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS cannot be asked for it, and the template here has one of its name."""

    def unreachable(_options: object) -> None:
        raise CliError("No AWS region.", ExitCode.UNREACHABLE)

    monkeypatch.setattr(cloud, "open_account", unreachable)
    (tmp_path / "template.yaml").write_text(template("Reader"))

    said = power_tuner("tune", "Reader").stderr

    assert said.startswith("power-tuner: No AWS region.\n")
    assert said.endswith("it is tuned by\n  power-tuner tune template.yaml:Reader\n")
    assert "tuned by" not in power_tuner("tune", "Writer").stderr


def test_functions_of_nested_templates_are_listed(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Of those that lie on this machine, also where the outer template has none and where one has itself in it."""
    nested = "  {name}:\n    Type: {kind}\n    Properties: {{{key}: {place}}}\n"
    inner = nested.format(name="In", kind="AWS::Serverless::Application", key="Location", place="./orders/stack.yaml")
    public = nested.format(name="Out", kind="AWS::CloudFormation::Stack", key="TemplateURL", place="https://a/b.yaml")
    (tmp_path / "template.yaml").write_text(HEAD + inner + public)
    (tmp_path / "orders").mkdir()
    itself = nested.format(name="Self", kind="AWS::CloudFormation::Stack", key="TemplateURL", place="stack.yaml")
    (tmp_path / "orders" / "stack.yaml").write_text(template("Reader", "Writer") + itself)

    assert refused(power_tuner, ".").splitlines() == [
        "power-tuner: . has 2 functions. Choose one:",
        "  power-tuner tune orders/stack.yaml:Reader",
        "  power-tuner tune orders/stack.yaml:Writer",
    ]


def test_a_function_of_a_nested_template_is_part_of_the_outer_one(tmp_path: Path) -> None:
    """What the outer one gives it is there, its own Globals are its own, and its code is where it was."""
    nested = "  In:\n    Type: AWS::Serverless::Application\n    Properties:\n      Location: in/t.yaml\n"
    given = "      Parameters: {Table: !Ref Orders}\n"
    (tmp_path / "main.yaml").write_text(HEAD + template("Reader").removeprefix(HEAD) + nested + given)
    shared = "Globals: {Function: {MemorySize: 256, Environment: {Variables: {TABLE: !Ref Table}}}}\n"
    head, _, functions = template("Reader").partition("Resources:\n")
    (tmp_path / "in").mkdir()
    inner = tmp_path / "in" / "t.yaml"
    inner.write_text(f"{head}Parameters: {{Table: {{Type: String}}}}\n{shared}Resources:\n{functions}")

    prepared = SamProject.read(inner).prepare("Reader", {})

    function = prepared.document["Resources"]["InReader"]
    assert ("InReader", tmp_path) == (prepared.logical_id, prepared.home and prepared.home.resolve())
    assert {"Variables": {"TABLE": {"Ref": "Orders"}}} == function["Properties"]["Environment"]
    assert function["Properties"]["CodeUri"] == str(tmp_path / "in")
    assert "Environment" not in prepared.document["Resources"]["Reader"]["Properties"]


def test_functions_of_a_loop_are_those_of_the_values_that_are_given(tmp_path: Path, power_tuner: PowerTuner) -> None:
    """A list parameter's value makes them, in the place of its default."""
    body = "{'${Name}': {Type: 'AWS::Serverless::Function', Properties: {Handler: a.b, Runtime: python3.13}}}"
    names = "Parameters: {Names: {Type: CommaDelimitedList, Default: A}}\n"
    transform = "Transform: ['AWS::LanguageExtensions', 'AWS::Serverless-2016-10-31']\n"
    loop = f"Resources:\n  Fn::ForEach::All: [Name, !Ref Names, {body}]\n"
    (tmp_path / "template.yaml").write_text(transform + names + loop)

    said = refused(power_tuner, ".", "--parameter", "Names=B,C")

    assert said.endswith("  power-tuner tune template.yaml:B\n  power-tuner tune template.yaml:C\n")
    assert "C" in SamProject.read(tmp_path / "template.yaml").prepare("C", {"Names": "B,C"}).document["Resources"]


def cdk_function(description: str = "", **metadata: str) -> dict[str, Any]:
    properties = {"Handler": "index.handler", "Description": description, "Runtime": "python3.13"}
    return {"Type": "AWS::Lambda::Function", "Properties": properties, "Metadata": metadata}


@pytest.fixture
def cdk(tmp_path: Path) -> Path:
    """Write what CDK leaves of a stack with a nested one and with functions of its own."""
    nested = {"aws:asset:path": "ShopNested1.nested.template.json"}
    stack = {
        "Orders0A1B2C3D": cdk_function(),
        "ProviderframeworkisComplete26D7B0CB": cdk_function(
            "AWS CDK resource provider framework - isComplete (Shop/P)"
        ),
        "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {}, "Metadata": nested},
    }
    output = tmp_path / "cdk.out"
    (output / "asset.1").mkdir(parents=True)
    (output / "Shop.template.json").write_text(json.dumps({"Resources": stack}))
    report = {"Report0A1B2C3D": cdk_function(**{"aws:asset:path": "asset.1"})}
    (output / nested["aws:asset:path"]).write_text(json.dumps({"Resources": report}))
    return output


@pytest.mark.usefixtures("cdk")
@pytest.mark.parametrize("target", [".", "cdk.out"])
def test_the_output_of_cdk_has_the_functions_of_all_its_stacks(power_tuner: PowerTuner, target: str) -> None:
    """Those of the framework for custom resources left out."""
    assert refused(power_tuner, target).splitlines() == [
        f"power-tuner: {target} has 2 functions. Choose one:",
        "  power-tuner tune cdk.out/Shop.template.json:Orders0A1B2C3D",
        "  power-tuner tune cdk.out/ShopNested1.nested.template.json:Report0A1B2C3D",
    ]


def test_a_function_of_a_nested_stack_has_the_resources_of_the_whole(cdk: Path) -> None:
    """Its stack is in the template of its parent."""
    prepared = CdkProject.read(cdk / "ShopNested1.nested.template.json").prepare("Report0A1B2C3D", {})

    assert prepared.logical_id == "Report0A1B2C3D"
    assert {"Orders0A1B2C3D", "Report0A1B2C3D"} < prepared.document["Resources"].keys()


@pytest.mark.usefixtures("cdk")
def test_a_construct_is_known_by_its_path(power_tuner: PowerTuner) -> None:
    """The command that tunes it is said."""
    said = power_tuner("tune", "Shop/Orders").stderr

    assert said.endswith("  power-tuner tune cdk.out/Shop.template.json:Orders0A1B2C3D\n")


def test_bytes_that_are_no_text_are_refused(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """A file in another encoding is refused by name."""
    (tmp_path / "template.yaml").write_bytes("Description: größer".encode("latin-1"))

    assert "template.yaml is not text in UTF-8" in refused(power_tuner, "template.yaml")


def test_a_folder_without_a_template_has_no_functions(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Whatever is named in it."""
    (tmp_path / "code").mkdir()

    assert "code has no template" in refused(power_tuner, "./code:Reader")


@pytest.mark.parametrize("target", ["missing.yaml", "missing.yaml:A", "sub/missing.json:A"])
def test_a_missing_template_is_refused(power_tuner: PowerTuner, target: str) -> None:
    """It is not taken for a function's name."""
    assert "There is no file" in refused(power_tuner, target)


def test_a_folder_with_nothing_names_what_its_folders_have(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Templates some folders below are given as commands; those that tools have put there are not."""
    for place in ("shop", "services/orders", "services/node_modules/x"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "template.yaml").write_text(template("Reader"))

    assert refused(power_tuner, ".").endswith(
        "In its folders there is:\n"
        "  power-tuner tune shop/template.yaml:Reader\n"
        "  power-tuner tune services/orders/template.yaml:Reader\n"
    )
    assert "Give the handler as FILE.FUNCTION" in refused(power_tuner, "shop", "--handler", "missing.handler")
    for place in ("shop", "services/orders"):
        (tmp_path / place / "template.yaml").unlink()
    assert "Another handler is given with --handler FILE.FUNCTION." in refused(power_tuner, ".")


def test_code_that_is_elsewhere_is_refused(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """An image, code in S3 and a folder that does not exist are refused by name."""
    functions = {
        "Image": {"PackageType": "Image", "ImageUri": "shop:1"},
        "Stored": {"CodeUri": "s3://code/shop.zip", "Handler": "a.b"},
        "Pair": {"CodeUri": {"Bucket": "code", "Key": "shop.zip"}},
        "Gone": {"CodeUri": "gone/"},
    }
    resources = {name: {"Type": "AWS::Serverless::Function", "Properties": each} for name, each in functions.items()}
    (tmp_path / "template.json").write_text(json.dumps({"Resources": resources}))

    said = {name: refused(power_tuner, f"template.json:{name}") for name in functions}

    assert "Image is a container image" in said["Image"]
    assert "Stored has its code in s3://code/shop.zip" in said["Stored"]
    assert "Pair has its code in S3" in said["Pair"]
    assert "the code of Gone is to be in gone, which does not exist" in said["Gone"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("template.yaml", "--memory", "512"), "--memory is for a folder of code: a template says it itself."),
        (("template.yaml:Reader", "--handler", "a.b"), "--handler is for a folder of code"),
        (("template.yaml", "--parameter", "x"), "--parameter 'x': give it as KEY=VALUE."),
        (("template.yaml", "--parameter", "A=1", "--parameter", "A=2"), "--parameter A is given twice."),
        (("template.yaml", "--parameter", "A=1"), "the template has no such parameter. It has: Stage."),
        (("template.yaml", "--parameter", "Stage=test"), "--parameter Stage=test: allowed are dev, prod."),
        (("template.yaml", "--seed", "no.py"), "--seed no.py: there is no such file."),
        (("code", "--parameter", "A=1"), "--parameter is for a template, and there is none."),
        (("deployed", "--seed", "no.py"), "--seed is for what is tuned on the local AWS."),
    ],
)
def test_options_that_do_not_fit_are_refused(
    power_tuner: PowerTuner, tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    """What cannot be meant is refused before anything starts."""
    parameters = "Parameters: {Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}}\n"
    (tmp_path / "template.yaml").write_text(parameters + template("Reader"))
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("")

    assert expected in refused(power_tuner, *words)


def test_several_events_are_listed(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Without one that is named for the function, the options to choose from are listed."""
    (tmp_path / "template.yaml").write_text(template("Reader"))
    (tmp_path / "events").mkdir()
    for name in ("small.json", "large one.json"):
        (tmp_path / "events" / name).write_text("{}")

    said = refused(power_tuner, "template.yaml")

    assert "--payload-file 'events/large one.json'\n  --payload-file events/small.json" in said


def test_an_event_of_another_function_is_none(tmp_path: Path) -> None:
    """It is named for that one; what is named for none is for each."""
    (tmp_path / "events").mkdir()
    for name in ("create-order.json", "GetOrderFunction.json"):
        (tmp_path / "events" / name).write_text("{}")

    assert example_event(tmp_path, "worker", ["createOrder", "get-order"]) is None
    (tmp_path / "event.json").write_text("1")
    assert example_event(tmp_path, "worker", ["createOrder", "get-order"]) == (tmp_path / "event.json", 1)


def test_events_in_a_folder_are_for_the_function_that_it_is_named_for(tmp_path: Path) -> None:
    """For no other one of the project."""
    file = tmp_path / "events" / "todos" / "create.json"
    file.parent.mkdir(parents=True)
    file.write_text("1")

    assert (file, 1) == example_event(tmp_path, "TodosFunction")
    assert example_event(tmp_path, "worker", ["TodosFunction"]) is None


def test_an_event_that_is_not_json_is_refused(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """It is named, though nobody gave it."""
    (tmp_path / "template.yaml").write_text(template("Reader"))
    (tmp_path / "event.json").write_text("{")

    assert "event.json is not a JSON file" in refused(power_tuner, "template.yaml")


def needing(resources: dict[str, Any], **properties: Any) -> str:
    """Return a template with a function that has these properties, and with these resources."""
    function = {"Handler": "app.handler", "Runtime": "python3.13", **properties}
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Reader": {"Type": "AWS::Serverless::Function", "Properties": function}, **resources},
    }
    return json.dumps(template)


def test_what_the_local_aws_cannot_make_is_named(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """What a variable refers to, directly or by a detour, is refused by name, with who needs it and what helps."""
    variables = {"PROXY": {"Ref": "Proxy"}, "POOL": {"Fn::Sub": "${Users}/x"}}
    text = needing(
        {"Proxy": {"Type": "AWS::RDS::DBProxy"}, "Users": {"Type": "AWS::Cognito::UserPool"}},
        Environment={"Variables": variables},
    )
    (tmp_path / "template.json").write_text(text)

    said = refused(power_tuner, "template.json:Reader")

    assert "Proxy (AWS::RDS::DBProxy), for Reader. What helps: give --env PROXY=VALUE" in said
    assert "Users (AWS::Cognito::UserPool), for Reader. What helps: give --env POOL=VALUE" in said


def test_a_runtime_that_is_not_run_here_is_refused(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Before its dependencies are asked for."""
    (tmp_path / "template.json").write_text(needing({}, Runtime="java21"))
    (tmp_path / "requirements.txt").write_text("isodate")

    said = refused(power_tuner, "template.json")

    assert "Reader has the runtime java21: the local AWS runs Python, Node.js and functions with a bootstrap" in said


def test_a_reference_to_nothing_is_refused(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """It would fail in AWS too."""
    (tmp_path / "template.json").write_text(needing({}, Environment={"Variables": {"A": {"Ref": "Nothing"}}}))

    assert "refers to Nothing, which it does not have" in refused(power_tuner, "template.json")


def test_a_transform_of_others_is_refused(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Only AWS can run a macro."""
    text = template("Reader").replace(HEAD, "Transform: [AWS::Serverless-2016-10-31, Mine]\nResources:\n")
    (tmp_path / "template.yaml").write_text(text)

    assert "has the transform Mine, which only AWS can run" in refused(power_tuner, "template.yaml")


def service(folder: Path, text: str) -> None:
    """Write a serverless.yml with one function in src/app.py, followed by more text."""
    head = "service: s\nprovider: {name: aws, runtime: python3.13}\nfunctions: {read: {handler: src/app.read}}\n"
    (folder / "serverless.yml").write_text(head + text)
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "app.py").write_text("")


def test_a_service_that_is_not_packaged_names_the_command(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """It is the framework's, pip's or npm's."""
    service(tmp_path, "plugins: [serverless-python-requirements]\n")
    (tmp_path / "requirements.txt").write_text("boto3\nisodate==0.7.2\n")
    with_plugin = refused(power_tuner, ".")
    service(tmp_path, "")
    without = refused(power_tuner, ".")
    (tmp_path / "package.json").write_text('{"dependencies": {"left-pad": "1", "@aws-sdk/client-s3": "3"}}')
    node = refused(power_tuner, str(tmp_path))
    (tmp_path / "package.json").unlink()
    (tmp_path / "requirements.txt").unlink()
    (tmp_path / "src" / "app.py").rename(tmp_path / "src" / "app.ts")
    typescript = refused(power_tuner, ".")
    (tmp_path / "src" / "app.ts").unlink()

    assert with_plugin.endswith(
        "read needs isodate, which is not built yet. Build it, and tune again:\n  serverless package\n"
    )
    assert without.endswith("\n  python -m pip install -r requirements.txt -t .\n")
    assert "read needs left-pad, which is not built yet." in node
    assert "read is written in TypeScript, and is not built yet." in typescript
    assert "the handler of read is to be in src/app, and there is no such file." in refused(power_tuner, ".")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("serverless.yml", "a: 1", "it has no provider"),
        ("serverless.yml", "provider: google", "only functions on AWS can be tuned"),
        ("serverless.yml", "provider: aws\nfunctions: {}", "there is no Lambda function in it"),
        ("serverless.yml", "provider: aws\nfunctions: {a: {image: x}}", "a is a container image"),
        ("serverless.yml", "provider: aws\nfunctions: {a: {handler: b}}", "the handler 'b': it is to be FILE.FUNCTION"),
        ("serverless.yml", "provider: aws\npackage: {artifact: a.zip}\nfunctions: {a: {handler: a.b}}", "to be a.zip"),
        ("serverless.ts", "export default {}", "serverless print > serverless.yml"),
        ("cdk.json", "{}", "cdk synth"),
        ("stack.yml", "provider: aws\nfunctions: {}", "which has to be named serverless.yml"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(
    power_tuner: PowerTuner, tmp_path: Path, name: str, text: str, words: str
) -> None:
    """Files of other tools, and of these tools with nothing to tune in them."""
    (tmp_path / name).write_text(text)

    assert words in refused(power_tuner, "." if name != "stack.yml" else name)
