"""The memory size in files that declare functions: one line changes, or none."""

import difflib

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.sources.patch import patched

SAM = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
# Prices of the shop.
Resources:
  Prices:
    Type: AWS::Serverless::Function
    Properties:
      # The entry.
      Handler: app.handler
      MemorySize: 1024   # MB, see the wiki
      Environment: {Variables: {TABLE: !Ref Table}}
  Orders:
    Type: AWS::Serverless::Function
    Properties: {Handler: orders.handler, MemorySize: "1024"}
"""
GLOBALS = """\
Globals:
  Function: {MemorySize: 1024}
Resources:
  Prices:
    Type: AWS::Serverless::Function
    Properties:
      # The entry.
      Handler: app.handler # stays

      Timeout: 3
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Handler: orders.handler"""
CLOUDFORMATION = """\
Resources:
  Prices:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: the-prices
      MemorySize: '1024'
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {BillingMode: PAY_PER_REQUEST}
"""
JSON = """\
{"Resources": {
    "Prices": {"Type": "AWS::Lambda::Function",
        "Properties": {"Code": {"ImageUri": "1024"}, "MemorySize": 1024, "Timeout": 9}}}}
"""
SERVERLESS = """\
service: shop
provider:
  name: aws
functions:
  prices:
    handler: app.handler
    memorySize: 1024
  orders:
    handler: orders.handler # one of two
    events:
      - httpApi: "*"
"""


def changed_lines(before: str, after: str) -> list[str]:
    """Return the lines that a diff takes out and puts in, with their line ends."""
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("text", "deployed", "entry", "changed"),
    [
        pytest.param(
            SAM,
            "shop-Prices-A1B2",
            None,
            ["-       MemorySize: 1024   # MB, see the wiki\n", "+       MemorySize: 512   # MB, see the wiki\n"],
            id="a comment stays",
        ),
        pytest.param(
            SAM,
            "anything",
            "Orders",
            [
                '-     Properties: {Handler: orders.handler, MemorySize: "1024"}\n',
                '+     Properties: {Handler: orders.handler, MemorySize: "512"}\n',
            ],
            id="quotes stay",
        ),
        pytest.param(
            SAM.replace("\n", "\r\n"),
            "shop-Prices-A1B2",
            None,
            ["-       MemorySize: 1024   # MB, see the wiki\r\n", "+       MemorySize: 512   # MB, see the wiki\r\n"],
            id="line ends stay",
        ),
        pytest.param(
            "\N{BYTE ORDER MARK}" + CLOUDFORMATION.replace("the-prices", "thé-prices \N{ROCKET}"),
            "thé-prices \N{ROCKET}",
            None,
            ["-       MemorySize: '1024'\n", "+       MemorySize: '512'\n"],
            id="a byte order mark and wide characters",
        ),
        pytest.param(
            GLOBALS, "shop-Prices-A1", None, ["+       MemorySize: 512\n"], id="Globals stay, the function gets a line"
        ),
        pytest.param(
            GLOBALS + "\n", "shop-Orders-A1", None, ["+       MemorySize: 512\n"], id="a line at the end of the file"
        ),
        pytest.param(
            JSON,
            "stack-Prices-1",
            None,
            [
                '-         "Properties": {"Code": {"ImageUri": "1024"}, "MemorySize": 1024, "Timeout": 9}}}}\n',
                '+         "Properties": {"Code": {"ImageUri": "1024"}, "MemorySize": 512, "Timeout": 9}}}}\n',
            ],
            id="JSON",
        ),
        pytest.param(
            SERVERLESS,
            "shop-dev-prices",
            None,
            ["-     memorySize: 1024\n", "+     memorySize: 512\n"],
            id="the Serverless Framework",
        ),
        pytest.param(
            "service: s\nx: &x {A: b}\nfunctions:\n  f:\n    memorySize: 1024\n    environment: *x\n",
            "s-dev-f",
            None,
            ["-     memorySize: 1024\n", "+     memorySize: 512\n"],
            id="an anchor beside it",
        ),
        pytest.param(
            SERVERLESS, "shop-dev-orders", None, ["+     memorySize: 512\n"], id="the framework's default of 1024 MB"
        ),
        pytest.param(
            SERVERLESS.replace("\n", "\r\n"),
            "shop-dev-orders",
            None,
            ["+     memorySize: 512\r\n"],
            id="a line with CRLF",
        ),
    ],
)
def test_one_line_changes(text: str, deployed: str, entry: str | None, changed: list[str]) -> None:
    """Comments, quotes, order and line ends are as they were."""
    assert changed == changed_lines(
        text, patched(text, file_name="template.yaml", deployed=deployed, entry=entry, from_mb=1024, to_mb=512)
    )


def test_a_file_without_a_last_line_end_gets_its_line() -> None:
    """And no other line end."""
    assert GLOBALS + "\n      MemorySize: 512" == patched(
        GLOBALS, file_name="template.yaml", deployed="shop-Orders-A1", entry=None, from_mb=1024, to_mb=512
    )


@pytest.mark.parametrize(
    ("text", "entry", "why"),
    [
        pytest.param(SAM.replace("1024 ", "!Ref Memory "), "Prices", "is no number", id="a parameter"),
        pytest.param(
            GLOBALS.replace("{MemorySize: 1024}", "{MemorySize: !Ref M}"), "Prices", "is no number", id="in Globals"
        ),
        pytest.param(
            SERVERLESS.replace("1024", "${self:custom.mb}"),
            "prices",
            r"no number in this file \(\$\{self:custom.mb\}",
            id="a variable",
        ),
        pytest.param(SAM.replace("1024 ", "2048 "), "Prices", "2048 MB in this file, but 1024 MB", id="another size"),
        pytest.param(SAM.replace("1024 ", "512 "), "Prices", "has 512 MB in this file already", id="written already"),
        pytest.param(SAM, "Refunds", "declares no function Refunds; it has: Prices, Orders", id="an unknown name"),
        pytest.param(SAM, None, "No functions of this file may be my-function", id="a name that tells nothing"),
        pytest.param(
            SERVERLESS.replace("prices:", "function:").replace("orders:", "my-function:"),
            None,
            "2 functions of this file may be shop-dev-my-function",
            id="two that may be meant",
        ),
        pytest.param(SAM.replace("1024 ", "1024\n      MemorySize: 1024 "), "Prices", "twice", id="twice"),
        pytest.param(
            "service: s\nx: &x {memorySize: 1024}\nfunctions:\n  f:\n    <<: *x\n    handler: a.b\n",
            "f",
            "takes settings from elsewhere",
            id="a merge",
        ),
        pytest.param(
            "service: s\nx: &x\n  memorySize: 1024\nfunctions:\n  f: *x\n", "f", "an anchor", id="a shared function"
        ),
        pytest.param(
            "service: s\nx: &x 1024\nfunctions:\n  f: {memorySize: *x}\n", "f", "an anchor", id="a shared number"
        ),
        pytest.param(
            "service: s\nfunctions:\n  f: {handler: a.b}\n", "f", "add memorySize with 512 by hand", id="no place"
        ),
        pytest.param("- a\n- b\n", None, "declares no functions", id="a list"),
        pytest.param("openapi: 3.1.0\n", None, "declares no functions", id="another file"),
        pytest.param("a: [\n", None, "neither YAML nor JSON", id="no YAML"),
        pytest.param(
            'resource "aws_lambda_function" "f" {\n  memory_size = 1024\n}\n',
            None,
            "declares no functions",
            id="Terraform",
        ),
        pytest.param(
            "Resources:\n  A: &a\n    Type: AWS::Lambda::Function\n    Properties: {MemorySize: 1024}\n  B: *a\n",
            "B",
            "an anchor",
            id="a shared resource",
        ),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(text: str, entry: str | None, why: str) -> None:
    """With the reason, and what to do."""
    deployed = "shop-dev-my-function" if "my-function" in text else "my-function"

    with pytest.raises(CliError, match=why):
        patched(text, file_name="template.yaml", deployed=deployed, entry=entry, from_mb=1024, to_mb=512)
