"""Terraform configurations: what their expressions are worth, and the template that one of their functions is."""

from pathlib import Path
from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.terraform_module import Module
from power_tuner_cli.projects.terraform_project import TerraformProject
from unit.cli.conftest import PowerTuner

PARCELS = Path(__file__).parents[2] / "projects" / "parcels" / "main.tf"
TRACK = "module.track.aws_lambda_function.this"


def value(folder: Path, expression: str, **given: Any) -> Any:
    """Return what an expression is worth among a few variables and resources."""
    (folder / "main.tf").write_text(
        'variable "stage" {}\nvariable "sizes" { default = { dev = [1, 2] } }\nlocals {\n  here = var.stage\n'
        f'  wanted = {expression}\n}}\nresource "aws_sqs_queue" "q" {{ name = "jobs" }}\n'
        'resource "aws_other" "o" { size = 3 }\n'
    )
    module = Module.read(folder, folder, given, lambda _: {"aws_sqs_queue.q.url": {"Ref": "Q"}})
    block = next(each for each in module.blocks if each.kind == "locals")
    return module.attribute(block, "wanted")


@pytest.mark.parametrize(
    ("expression", "worth"),
    [
        ('"a-${local.here}"', "a-dev"),
        ('"say \\"${true}\\""', 'say "true"'),
        ("<<EOF\nhello ${var.stage} !\nbye\nEOF", "hello dev !\nbye\n"),
        ('"${var.stage} ${1} x"', "dev 1 x"),
        ("var.sizes[var.stage][1]", 2),
        ('var.sizes["dev"].0', 1),
        ("-1 + 2", 1),
        ('var.stage == "dev" && !false ? "yes" : "no"', "yes"),
        ('merge({ A = 1 }, { "B" : "2", (var.stage) = null })', {"A": 1, "B": "2", "dev": None}),
        ('concat(["a"], [upper("b")])', ["a", "B"]),
        ('format("%s-%02d", "a", 1)', {"Fn::ImportValue": ['format("%s-%02d", "a", 1)']}),
        ('join("-", ["a", aws_sqs_queue.q.url])', {"Fn::Join": ["-", ["a", {"Ref": "Q"}]]}),
        ("aws_sqs_queue.q[0].url", {"Ref": "Q"}),
        ("aws_other.o.size", 3),
        ("path.module", "."),
        ("data.aws_region.current.name", {"Ref": "AWS::Region"}),
        ('lookup(var.sizes, "prod", "none")', "none"),
        ("try(var.absent, 1)", 1),
        ("var.absent", {"Fn::ImportValue": "absent"}),
        ("data.aws_vpc.main.id", {"Fn::ImportValue": "data.aws_vpc.main.id"}),
        ("[for each in var.sizes : each]", {"Fn::ImportValue": ["[for each in var.sizes : each]"]}),
    ],
)
def test_expressions_are_worth_what_is_known(tmp_path: Path, expression: str, worth: Any) -> None:
    """What is made here is CloudFormation's to fill in; the rest has a name under which it can be given."""
    assert value(tmp_path, expression, stage="dev") == worth


def test_values_that_refer_to_each_other_are_refused(tmp_path: Path) -> None:
    """They would have no end."""
    with pytest.raises(CliError, match=r"refer to each other in a circle, at local\.wanted"):
        value(tmp_path, "local.wanted")


def test_functions_have_their_addresses() -> None:
    """Those of modules of this machine, and those that the well-known module makes."""
    functions = TerraformProject.read(PARCELS).functions

    assert {"aws_lambda_function.archived", "module.label", TRACK} == functions.keys()
    assert ("python3.13", "app.handler") == (functions[TRACK].runtime, functions[TRACK].handler)


def test_a_function_is_a_template_with_what_it_uses() -> None:
    """Its code is what the archive is made of, its variables are those of the call, its tables and queues are there."""
    prepared = TerraformProject.read(PARCELS).prepare(TRACK, {"stage": "dev"})

    resources = prepared.document["Resources"]
    function = resources[prepared.logical_id]["Properties"]
    assert str(PARCELS.parent / "src" / "track") == function["Code"]
    assert (256, 3) == (function["MemorySize"], function["Timeout"])
    assert function["Environment"]["Variables"] == {
        "STAGE": "dev",
        "LIMIT": "20",
        "TABLE": {"Ref": "AwsDynamodbTableParcels"},
        "QUEUE": {"Ref": "AwsSqsQueueMoved"},
    }
    table = resources["AwsDynamodbTableParcels"]["Properties"]
    assert ("parcels-dev-parcels", [{"AttributeName": "id", "KeyType": "HASH"}]) == (
        table["TableName"],
        table["KeySchema"],
    )
    assert {} == prepared.parameters


def test_variables_have_the_values_of_their_file(tmp_path: Path) -> None:
    """Of terraform.tfvars and *.auto.tfvars; what is given comes first."""
    (tmp_path / "main.tf").write_text(
        'variable "a" {}\nvariable "b" {}\nvariable "c" { default = 1 }\nresource "aws_lambda_function" "f" {\n'
        '  filename = "."\n  environment {\n    variables = { A = var.a, B = var.b, C = var.c }\n  }\n}\n'
    )
    (tmp_path / "terraform.tfvars").write_text('a = "file"\nb = "file"\n')
    (tmp_path / "x.auto.tfvars").write_text('b = "auto"\nc = true\n')

    prepared = TerraformProject.read(tmp_path / "main.tf").prepare("aws_lambda_function.f", {"a": "given"})

    function = prepared.document["Resources"][prepared.logical_id]["Properties"]
    assert function["Environment"]["Variables"] == {"A": "given", "B": "auto", "C": "true"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('filename = "none.zip"', "has its code in {folder}/none.zip, which does not exist"),
        ('s3_key = "x"', "has its code elsewhere"),
        ('for_each = toset(["a"])', "stands for several functions (for_each)"),
        ("count = 2", "stands for several functions (count)"),
        ('image_uri = "x"', "is a container image"),
        ('filename = "."\n  runtime = var.runtime', "Give it with --parameter runtime=VALUE"),
        ('filename = "."\n  architectures = [var.runtime]', "the architectures of aws_lambda_function.f is not known"),
    ],
)
def test_what_cannot_be_tuned_from_here_is_told(tmp_path: Path, body: str, words: str) -> None:
    """With what helps."""
    function = f'resource "aws_lambda_function" "f" {{\n  {body}\n  handler = "app.handler"\n}}\n'
    (tmp_path / "main.tf").write_text(f'variable "runtime" {{}}\n{function}')

    with pytest.raises(CliError) as told:
        TerraformProject.read(tmp_path / "main.tf").prepare("aws_lambda_function.f", {})

    assert words.format(folder=tmp_path) in str(told.value)


def test_the_sources_of_code_elsewhere_are_tuned_with_its_settings(power_tuner: PowerTuner) -> None:
    """The command has the function's handler, memory size and variables."""
    said = power_tuner("tune", f"{PARCELS}:archived").stderr

    assert said.endswith("  power-tuner tune FOLDER --handler app.handler --memory 512 --env 'MODE=fast run'\n")


def test_functions_of_terraform_are_listed_as_commands(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """In a folder, under the file that declares one; broken files are told with their line."""
    (tmp_path / "versions.tf").write_text("terraform {}\n")
    (tmp_path / "lambda.tf").write_text("".join(f'resource "aws_lambda_function" "{name}" {{}}\n' for name in "ab"))

    said = power_tuner("tune", ".").stderr
    (tmp_path / "lambda.tf").write_text("resource {{\n")

    assert said.splitlines()[1:] == [
        "  power-tuner tune lambda.tf:aws_lambda_function.a",
        "  power-tuner tune lambda.tf:aws_lambda_function.b",
    ]
    assert "lambda.tf: Line 1 of the file cannot be read as Terraform" in power_tuner("tune", ".").stderr
