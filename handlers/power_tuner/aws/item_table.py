"""The app's DynamoDB table: items are plain JSON values outside, typed attributes inside.

A client and these few conversions instead of boto3's Table: docs/adr/0011.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from power_tuner.errors import DamagedItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from power_tuner.aws.keys import Index

# Items hold any JSON; whoever reads one knows its type.
Item = Mapping[str, Any]
Attributes = dict[str, Any]
_Read = TypeVar("_Read")
_MAX_REASON_CHARS = 200
# What a reader of the newest items usually needs; a run's item has some 2 KB.
_PAGE = 50


class ItemTable:
    """One table, whose items have the keys ``PK`` and ``SK``.

    Args:
        client: DynamoDB.
        name: the table's name.
    """

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Item) -> Attributes | None:
        """Return an item, by a consistent read; None if there is none."""
        found = self._client.get_item(TableName=self._name, Key=to_attributes(key), ConsistentRead=True).get("Item")
        return from_attributes(found) if found else None

    def put(self, item: Item, condition: str | None = None, **values: object) -> bool:
        """Write an item and return True; return False if the condition does not hold.

        Args:
            item: what to write, without the members that are None.
            condition: a DynamoDB expression, in which ``#name`` is the attribute ``name``.
            values: the values of the expression's ``:names``.
        """
        present = {name: value for name, value in item.items() if value is not None}
        return self._changed(self._client.put_item, {"Item": to_attributes(present)}, condition, values) is not None

    def update(self, key: Item, expression: str, condition: str | None = None, **values: object) -> Attributes | None:
        """Change an item and return it as it is then; return None if the condition does not hold."""
        request = {"Key": to_attributes(key), "UpdateExpression": expression, "ReturnValues": "ALL_NEW"}
        answer = self._changed(self._client.update_item, request, condition, values, expression)
        return None if answer is None else from_attributes(answer["Attributes"])

    def delete(self, key: Item, condition: str | None = None, **values: object) -> bool:
        """Delete an item and return True; return False if the condition does not hold."""
        return self._changed(self._client.delete_item, {"Key": to_attributes(key)}, condition, values) is not None

    def newest(self, partition: str, prefix: str) -> Iterator[Attributes]:
        """Yield the items of a partition whose sort key begins so, last first, by consistent reads."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="PK = :partition AND begins_with(SK, :prefix)",
            ExpressionAttributeValues=to_attributes({":partition": partition, ":prefix": prefix}),
            ScanIndexForward=False,
            ConsistentRead=True,
            PaginationConfig={"PageSize": _PAGE},
        )
        for page in pages:
            yield from map(from_attributes, page["Items"])

    def indexed(self, index: "Index", partition: str) -> Iterator[Attributes]:
        """Yield all items of one partition of an index, last first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name,
            IndexName=index.name,
            KeyConditionExpression="#partition = :partition",
            ExpressionAttributeNames={"#partition": index.attribute},
            ExpressionAttributeValues=to_attributes({":partition": partition}),
            ScanIndexForward=False,
        )
        for page in pages:
            yield from map(from_attributes, page["Items"])

    def _changed(
        self,
        change: Callable[..., Any],
        request: Attributes,
        condition: str | None,
        values: Mapping[str, object],
        expression: str = "",
    ) -> Attributes | None:
        """Make a change and return the response; None if its condition does not hold."""
        if condition:
            request["ConditionExpression"] = condition
        words = f"{expression} {condition}".replace("(", " ").replace(")", " ").split()
        if names := {word: word[1:] for word in words if word.startswith("#")}:
            request["ExpressionAttributeNames"] = names
        if values:
            request["ExpressionAttributeValues"] = to_attributes({f":{name}": value for name, value in values.items()})
        try:
            answer: Attributes = change(TableName=self._name, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return None
            raise
        return answer


def read_item(item: Item, read: Callable[[Item], _Read]) -> _Read:
    """Return what an item says; DamagedItem, which names it, if it cannot be read."""
    try:
        return read(item)
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedItem(
            f"The item {item['SK']} of {item['PK']} in the stack's table cannot be read: "
            f"{str(error)[:_MAX_REASON_CHARS]}"
        ) from None


def each_readable(items: Iterator[Attributes], read: Callable[[Item], _Read]) -> Iterator[_Read]:
    """Yield all items that can be read; then raise DamagedItem, which names the others."""
    damaged = []
    for item in items:
        try:
            yield read(item)
        except DamagedItem as error:
            damaged.append(str(error))
    if damaged:
        raise DamagedItem("\n".join(damaged))


def to_attributes(item: Item) -> Attributes:
    """Return a JSON object as DynamoDB's typed attributes."""
    return {name: _attribute(value) for name, value in item.items()}


def from_attributes(attributes: Item) -> Attributes:
    """Return DynamoDB's typed attributes as a JSON object."""
    return {name: _value(attribute) for name, attribute in attributes.items()}


def _attribute(value: object) -> Attributes:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if isinstance(value, Mapping):
        return {"M": to_attributes(value)}
    if isinstance(value, list | tuple):
        return {"L": [_attribute(each) for each in value]}
    raise TypeError(f"{type(value).__name__} is no JSON value: {value!r}")


def _value(attribute: Item) -> object:
    ((kind, value),) = attribute.items()
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if kind == "M":
        return from_attributes(value)
    if kind == "L":
        return [_value(each) for each in value]
    return None if kind == "NULL" else value
