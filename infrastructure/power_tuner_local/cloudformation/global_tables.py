"""Global tables (CDK's TableV2) of a template: here, the table that they have in this region."""

from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

RESOURCE_TYPE = "AWS::DynamoDB::GlobalTable"
_SHARED = (
    "AttributeDefinitions",
    "KeySchema",
    "LocalSecondaryIndexes",
    "SSESpecification",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
)
_OF_AN_INDEX = ("IndexName", "KeySchema", "Projection")


def as_table(properties: "Mapping[str, Any]") -> dict[str, Any]:
    """Return the properties of the table in this region; no capacity is planned for it."""
    table = {name: properties[name] for name in _SHARED if name in properties}
    if indexes := properties.get("GlobalSecondaryIndexes"):
        table["GlobalSecondaryIndexes"] = [
            {name: each[name] for name in _OF_AN_INDEX if name in each} for each in indexes
        ]
    return {**table, "BillingMode": "PAY_PER_REQUEST"}


class GlobalTable(Table):
    """Makes tables of the properties of global ones."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Table:
        """Make the table of this region."""
        document = {**cloudformation_json, "Properties": as_table(cloudformation_json["Properties"])}
        return Table.create_from_cloudformation_json(resource_name, document, account_id, region_name, **kwargs)
