"""Updates of resources that moto's CloudFormation creates and cannot update."""

from typing import TYPE_CHECKING, Any, TypeAlias

from moto.dynamodb.models.table import GlobalSecondaryIndex

from power_tuner_local.cloudformation import global_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moto.dynamodb.models.table import Table
    from moto.logs.models import LogGroup

    Update: TypeAlias = Callable[[Any, Mapping[str, Any]], None]


def _log_group(group: "LogGroup", properties: "Mapping[str, Any]") -> None:
    days = properties.get("RetentionInDays")
    group.retention_in_days = None if days is None else int(days)
    group.kms_key_id = properties.get("KmsKeyId")


def _table(table: "Table", properties: "Mapping[str, Any]") -> None:
    table.attr = properties["AttributeDefinitions"]
    table.billing_mode = properties.get("BillingMode", "PROVISIONED")
    table.deletion_protection_enabled = properties.get("DeletionProtectionEnabled", False)
    encryption = properties.get("SSESpecification")
    table.sse_specification = encryption and {**encryption, "Enabled": encryption.get("SSEEnabled")}
    wanted = {each["IndexName"]: each for each in properties.get("GlobalSecondaryIndexes", ())}
    kept = [index for index in table.global_indexes if index.name in wanted]
    added = [wanted[name] for name in wanted if name not in {index.name for index in kept}]
    table.global_indexes = [*kept, *(GlobalSecondaryIndex.create(each, table.table_key_attrs) for each in added)]


UPDATES: dict[str, "Update"] = {
    "AWS::Logs::LogGroup": _log_group,
    "AWS::DynamoDB::Table": _table,
    global_tables.RESOURCE_TYPE: lambda table, properties: _table(table, global_tables.as_table(properties)),
}
