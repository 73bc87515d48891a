"""The permissions on KMS keys that reading and writing what such a key encrypts requires."""

from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from power_tuner_local.iam.policies import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

_DECRYPT, _GENERATE = "kms:Decrypt", "kms:GenerateDataKey"
# SQS decrypts its data key for the sender, too.
_OF_QUEUES = {"sqs:SendMessage": (_GENERATE, _DECRYPT), "sqs:ReceiveMessage": (_DECRYPT,)}


class Encryption:
    """Knows which keys encrypt what in one account and region.

    Only keys that a table, a bucket, an object or a queue names are asked for; whoever may use one of these may use the
    keys that AWS manages.
    """

    def __init__(self, region: str, account_id: str) -> None:
        self._region = region
        self._account_id = account_id

    def required(self, request: Request) -> "Iterator[Request]":
        """Yield what a permitted request requires of keys."""
        service = request.action.partition(":")[0]
        key, actions = {"s3": self._s3, "dynamodb": self._dynamodb, "sqs": self._sqs}.get(service, _none)(request)
        via = (("kms:ViaService", f"{service}.{self._region}.amazonaws.com"),)
        yield from (Request(action, key, via) for action in actions if key.startswith("arn:"))

    def _s3(self, request: Request) -> tuple[str, tuple[str, ...]]:
        bucket_name, _, key = request.resource.removeprefix("arn:aws:s3:::").partition("/")
        bucket = s3_backends[self._account_id]["aws"].buckets.get(bucket_name)
        if bucket is None or not key:
            return "", ()
        if request.action == "s3:PutObject":
            rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
            return str(rule.get("KMSMasterKeyID") or ""), (_GENERATE,)
        found: Any = bucket.keys.get(key) if request.action == "s3:GetObject" else None
        return str(getattr(found, "kms_key_id", None) or ""), (_DECRYPT,)

    def _dynamodb(self, request: Request) -> tuple[str, tuple[str, ...]]:
        tables = dynamodb_backends[self._account_id][self._region].tables
        table = tables.get(request.resource.partition("/")[2].partition("/")[0])
        key = str((table.sse_specification or {}).get("KMSMasterKeyId") or "") if table else ""
        return ("" if self._is_managed_by_aws(key) else key), (_DECRYPT,)

    def _is_managed_by_aws(self, key: str) -> bool:
        """Return whether it is the key that moto gives a table that names none."""
        kms = kms_backends[self._account_id][self._region]
        alias = "alias/aws/dynamodb"
        return bool(kms.alias_exists(alias)) and key == kms.describe_key(alias).arn

    def _sqs(self, request: Request) -> tuple[str, tuple[str, ...]]:
        queue = sqs_backends[self._account_id][self._region].queues.get(request.resource.rpartition(":")[2])
        return str(getattr(queue, "kms_master_key_id", None) or ""), _OF_QUEUES.get(request.action, ())


def _none(_request: Request) -> tuple[str, tuple[str, ...]]:
    return "", ()
