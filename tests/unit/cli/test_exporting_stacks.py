"""Stacks of an app that import each other's outputs, as one template."""

from typing import Any

from power_tuner_cli.projects.exporting_stacks import with_exporting_stacks


def stack(resources: dict[str, Any], **exports: Any) -> dict[str, Any]:
    outputs = {f"Out{name}": {"Value": value, "Export": {"Name": name}} for name, value in exports.items()}
    return {
        "Resources": {name: {"Type": "T", "Properties": each} for name, each in resources.items()},
        "Outputs": outputs,
    }


def imported(name: str) -> dict[str, str]:
    return {"Fn::ImportValue": name}


def test_what_is_imported_comes_with_its_stack() -> None:
    """Also what that one imports itself; names that are taken get that of their stack in front."""
    others = {
        "Keys": stack({"Table": {}}, key={"Ref": "Table"}),
        "Data": stack({"Table": {"Key": imported("key")}}, table={"Fn::GetAtt": ["Table", "Arn"]}),
        "Unused": stack({"Bucket": {}}, bucket={"Ref": "Bucket"}),
    }
    own = stack({"F": {"Table": imported("table"), "Key": imported("key"), "Other": imported("elsewhere")}})

    found = with_exporting_stacks(own, others)["Resources"]

    table, key = (name for kind in ("Fn::GetAtt", "Ref") for name in _named(found["F"]["Properties"], kind))
    assert {"F", table, key} == found.keys()
    assert {"Key": {"Ref": key}} == found[table]["Properties"]
    assert {} == found[key]["Properties"]
    assert imported("elsewhere") == found["F"]["Properties"]["Other"]


def _named(properties: dict[str, Any], kind: str) -> list[str]:
    values = [each[kind] for each in properties.values() if kind in each]
    return [each[0] if isinstance(each, list) else each for each in values]


def test_a_template_that_imports_nothing_is_as_it_was() -> None:
    """Others of its app are not put into it."""
    own = stack({"F": {"A": 1}})

    assert own == with_exporting_stacks(own, {"Data": stack({"Table": {}}, table={"Ref": "Table"})})
