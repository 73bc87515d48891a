"""Files of the four kinds as people write them: one number or one line changes, or the file stays as it is."""

import difflib
from pathlib import Path

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.sources.patch import patched

FILES = Path(__file__).parents[3] / "projects" / "sources"


def written(file_name: str, deployed: str, entry: str | None, *, from_mb: int = 1024) -> list[str]:
    """Return the lines that change in a file."""
    text = (FILES / file_name).read_text("utf-8")
    after = patched(text, file_name=file_name, deployed=deployed, entry=entry, from_mb=from_mb, to_mb=1536)
    lines = difflib.ndiff(text.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line.rstrip("\n") for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("file_name", "deployed", "from_mb", "changes"),
    [
        (
            "sam-orders.yaml",
            "orders-CreateOrderFunction-1A2B3C",
            1024,
            [
                "-       MemorySize: 1024       # PDF rendering",
                "+       MemorySize: 1536       # PDF rendering",
            ],
        ),
        ("sam-orders.yaml", "orders-BillingFunction-1A2B3C", 256, ["+       MemorySize: 1536"]),
        ("cloudformation-audit.yaml", "audit", 1024, ['-       "MemorySize": "1024"', '+       "MemorySize": "1536"']),
        ("serverless-shop.yml", "shop-dev-checkout", 1024, ["-     memorySize: 1024", "+     memorySize: 1536"]),
        ("serverless-shop.yml", "shop-dev-mail", 512, ["+     memorySize: 1536"]),
        (
            "serverless-thumbnails.yml",
            "thumbnails-dev-resize",
            1024,
            [
                "-   resize: {handler: resize.handler, memorySize: 1024, timeout: 30}",
                "+   resize: {handler: resize.handler, memorySize: 1536, timeout: 30}",
            ],
        ),
        (
            "serverless-named.yml",
            "nightly-import",
            1024,
            ["-     memorySize:   '1024'   # see ADR 7", "+     memorySize:   '1536'   # see ADR 7"],
        ),
        ("lambda.tf", "shop-prod-api", 1024, ["-   memory_size   = 1024 # MB", "+   memory_size   = 1536 # MB"]),
        ("lambda.tf", "shop-prod-worker", 128, ["+   memory_size   = 1536"]),
        ("modules.tf", "thumbnails", 1024, ['-   memory_size   = "1024"', '+   memory_size   = "1536"']),
        ("fleet.tf", "report", 1024, ["-   memory_size = 1024", "+   memory_size = 1536"]),
        (
            "shop-stack.ts",
            "ShopStack-Invoices3E7E1C1A-xYz12AbC",
            1024,
            ["-       memorySize: 1_024, // MB", "+       memorySize: 1536, // MB"],
        ),
        ("shop-stack.ts", "ShopStack-mail", 128, ["+       memorySize: 1536,"]),
        (
            "shop-stack.ts",
            "ShopStack-Search0011AABB-xYz12AbC",
            128,
            [
                '-     new NodejsFunction(this, "Search", { entry: "src/search.ts" });',
                '+     new NodejsFunction(this, "Search", { memorySize: 1536, entry: "src/search.ts" });',
            ],
        ),
        (
            "images-stack.js",
            "ImagesStack-Crop0A0B0C0D-AAAA",
            1024,
            ["-       'memorySize': 1024,", "+       'memorySize': 1536,"],
        ),
        (
            "data_stack.py",
            "Data-Ingest01234567-AAAA",
            1024,
            [
                "-             memory_size=1024,  # 1 GB f\u00fcr gro\u00dfe Dateien",
                "+             memory_size=1536,  # 1 GB f\u00fcr gro\u00dfe Dateien",
            ],
        ),
        (
            "data_stack.py",
            "Data-clean",
            128,
            [
                (
                    '-         self.clean = PythonFunction(self, "Clean", entry="clean", '
                    'function_name=f"{self.node.id}-clean")'
                ),
                (
                    '+         self.clean = PythonFunction(self, "Clean", memory_size=1536, entry="clean", '
                    'function_name=f"{self.node.id}-clean")'
                ),
            ],
        ),
    ],
)
def test_what_changes_is_the_memory_size_alone(file_name: str, deployed: str, from_mb: int, changes: list[str]) -> None:
    """Comments, quotes, columns and order are as they were."""
    assert changes == [line for line in written(file_name, deployed, None, from_mb=from_mb) if not line.startswith("?")]


def test_a_function_can_be_named_where_its_name_is_only_known_at_deployment() -> None:
    """As the file calls it, with or without the kind of the resource."""
    changes = written("sam-images.json", "prod-thumbnail", "Thumbnail")

    assert len(changes) == 2
    assert written("lambda.tf", "any", "api") == written("lambda.tf", "any", "aws_lambda_function.api")


@pytest.mark.parametrize(
    ("file_name", "entry", "why"),
    [
        ("fleet.tf", "shards", r"several functions \(for_each\)"),
        ("fleet.tf", "tuned", r"leaves the memory size of aws_lambda_function.tuned as it is \(ignore_changes\)"),
        ("fleet.tf", "variable", r"no number in this file \(var.memory_size\)"),
        ("fleet.tf", "gone", "declares no function gone; it has: aws_lambda_function.report"),
        ("modules.tf", "vpc", "declares no function vpc; it has: module.thumbnails"),
        ("modules.tf", None, "No functions of this file may be anything"),
        ("shop-stack.ts", "Stock", r"takes settings from elsewhere \(...shared\), maybe its memorySize too"),
        ("shop-stack.ts", "Prices", r"takes settings from elsewhere \(...shared\)"),
        ("shop-stack.ts", "Props", "not written out there"),
        ("shop-stack.ts", "Rewrite", "declares no function Rewrite"),
        ("images-stack.js", "Resize100", "declares no function Resize100; it has: Crop"),
        ("data_stack.py", "Export", r"takes settings from elsewhere \(\*\*common\), maybe its memory_size too"),
    ],
)
def test_what_a_change_would_not_reach_or_would_reach_too_far_is_refused(
    file_name: str, entry: str | None, why: str
) -> None:
    """With the reason, and what to do."""
    with pytest.raises(CliError, match=why):
        written(file_name, "anything", entry)


@pytest.mark.parametrize(
    ("text", "file_name", "why"),
    [
        ('resource "aws_lambda_function" "f" {\n  memory_size = \n}\n', "a.tf", "cannot be read as Terraform"),
        ("\n\nnew Function(this, 'A', {", "a.ts", "Line 3 of the file cannot be read as TypeScript"),
        ("def f(:\n", "a.py", "Line 1 of the file cannot be read as Python"),
        ("class A {}", "Stack.java", r"Files that end with .java are not read"),
        ('resource "aws_lambda_function" "f" {\n  count = 2\n}\n', "a.tf", r"several functions \(count\)"),
        ('resource "aws_lambda_function" "f" {}\n', "a.tf", "add memory_size with 512 by hand"),
        (
            "new F.Function(a, 'f', {handler: 'x'});\nnew F.Function(b, 'f', {handler: 'x'});\n",
            "a.ts",
            "2 functions called f",
        ),
    ],
)
def test_a_file_that_cannot_be_changed_safely_is_refused(text: str, file_name: str, why: str) -> None:
    """By the line, the kind of file or the function."""
    with pytest.raises(CliError, match=why):
        patched(text, file_name=file_name, deployed="x", entry="f", from_mb=128, to_mb=512)


@pytest.mark.parametrize(
    ("text", "file_name", "after"),
    [
        (
            '\N{BYTE ORDER MARK}resource "aws_lambda_function" "f" {\r\n  role = "\N{ROCKET}"\r\n}\r\n',
            "a.tf",
            (
                '\N{BYTE ORDER MARK}resource "aws_lambda_function" "f" {\r\n  role = "\N{ROCKET}"\r\n'
                "  memory_size = 512\r\n}\r\n"
            ),
        ),
        (
            "// \N{ROCKET}\r\nnew Function(this, 'f', {\r\n\thandler: 'x',\r\n});\r\n",
            "a.ts",
            "// \N{ROCKET}\r\nnew Function(this, 'f', {\r\n\tmemorySize: 512,\r\n\thandler: 'x',\r\n});\r\n",
        ),
    ],
)
def test_line_ends_and_wide_characters_stay(text: str, file_name: str, after: str) -> None:
    """A line that is added ends as the others do."""
    assert after == patched(text, file_name=file_name, deployed="x", entry="f", from_mb=128, to_mb=512)
