"""The variables of a serverless.yml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.serverless_variables import Variables


def resolve(value: Any, document: Mapping[str, Any] | None = None, folder: Path = Path(), **given: str) -> Any:
    named = {name.replace("__", ":"): each for name, each in given.items()}
    return Variables(document or {}, folder, named, region="us-east-1", account_id="1").resolve(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${Table}-${AWS::Region}", "${Table}-${AWS::Region}"),
        ("${aws:region}/${aws:accountId}", "us-east-1/1"),
        ("${sls:stage}", "dev"),
        ("${opt:stage, 'prod'}", "prod"),
        ("${opt:size, 128}", 128),
        ("${opt:size, 1.5}", 1.5),
        ("${opt:size, true}", True),
        ("x${opt:flag, true}", "xtrue"),
        ("${opt:a, self:custom.list.1}", "two"),
        ('${opt:a, "b, c"}', "b, c"),
        ("${self:custom.sizes.${sls:stage}}", 256),
        ("${self:custom.sizes}", {"dev": 256}),
        ("${self:custom.again}-x", "256-x"),
        ("${self:custom.shared.dev}", 256),
        ("${param:limit}", 3),
        ("${param:only}", "default"),
        ("${strToBool(0)}", False),
        ("${ssm:/key}", {"Fn::ImportValue": "ssm:/key"}),
        ("${ssm:/key, 'k'}", "k"),
        ("${cf:stack.Out}/x", {"Fn::Join": ["", [{"Fn::ImportValue": "cf:stack.Out"}, "/x"]]}),
        ("${self:custom.missing}", {"Fn::ImportValue": "self:custom.missing"}),
        ("${file(code.js):key}", {"Fn::ImportValue": "file(code.js):key"}),
        ("${env:NOT_SET_ANYWHERE}", {"Fn::ImportValue": "env:NOT_SET_ANYWHERE"}),
        ("${self:custom.sizes.${opt:nothing}}", {"Fn::ImportValue": "opt:nothing"}),
    ],
)
def test_a_text(text: str, expected: Any) -> None:
    """What is known is filled in; what is not becomes a value that has to be given."""
    custom = {"list": ["one", "two"], "sizes": {"dev": 256}, "again": "${self:custom.sizes.dev}"}
    custom["shared"] = "${self:custom.sizes}"
    params = {"dev": {"limit": 3}, "default": {"limit": 2, "only": "default"}}

    assert expected == resolve(text, {"custom": custom, "params": params})


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the framework reads it."""
    monkeypatch.setenv("NOTES_KEY", "k")

    assert "k" == resolve("${env:NOTES_KEY}")


def test_given_values_are_options_and_parameters_and_whole_variables() -> None:
    """A stage that is given is that of everything."""
    document = {"provider": {"stage": "${opt:stage, 'dev'}"}}

    assert "prod" == resolve("${self:provider.stage}", document, stage="prod")
    assert "prod" == resolve("${sls:stage}", document, stage="prod")
    assert "9" == resolve("${param:limit}", document, limit="9")
    assert "s" == resolve("${ssm:key}", document, ssm__key="s")


def test_files_are_read(tmp_path: Path) -> None:
    """In YAML and JSON, with variables of their own, whole or by a key."""
    (tmp_path / "names.yml").write_text("table: t-${sls:stage}\nmore: {a: [1, 2]}\n")

    assert "t-dev" == resolve("${file(names.yml):table}", folder=tmp_path)
    assert 2 == resolve("${file(./names.yml):more.a.1}", folder=tmp_path)
    assert {"table": "t-dev", "more": {"a": [1, 2]}} == resolve("${file(names.yml)}", folder=tmp_path)
    assert 1 == resolve("${file(gone.yml), 1}", folder=tmp_path)


def test_a_circle_is_refused() -> None:
    """Rather than followed for ever."""
    with pytest.raises(CliError, match="in a circle"):
        resolve("${self:a}", {"a": "${self:b}", "b": "${self:a}"})
