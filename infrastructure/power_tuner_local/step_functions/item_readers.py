"""Items that a Distributed Map reads from S3."""

from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval.resource_eval_s3 import (
    ResourceEvalS3,
)

if TYPE_CHECKING:
    from power_tuner_local.moto_patches import MotoPatches

_client_of: Any = ResourceEvalS3._get_s3_client  # noqa: SLF001


def _list_objects(env: Any, resource_runtime_part: Any, state_credentials: Any) -> None:
    """List all objects as items that are JSON (moto lists the first 1000, with datetimes, and fails without any)."""
    client = _client_of(resource_runtime_part=resource_runtime_part, state_credentials=state_credentials)
    pages = client.get_paginator("list_objects_v2").paginate(**env.stack.pop())
    env.stack.append([_item(found) for page in pages for found in page.get("Contents", [])])


def _item(found: "dict[str, Any]") -> dict[str, Any]:
    return {
        "Etag": found["ETag"],
        "Key": found["Key"],
        "LastModified": int(found["LastModified"].timestamp()),
        "Size": found["Size"],
        "StorageClass": found["StorageClass"],
    }


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto to read lists of objects as AWS does."""
    patches.replace(ResourceEvalS3, _handle_list_objects_v2=staticmethod(_list_objects))
