"""What moto looks up anew in every request, looked up once."""

import functools
from typing import TYPE_CHECKING, Any

from moto.core.serialize import JSONSerializer
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.stepfunctions.parser.asl.utils import json_path

if TYPE_CHECKING:
    from power_tuner_local.moto_patches import MotoPatches

_HOSTS = 256
_PATHS = 4096


def patch_moto(patches: "MotoPatches") -> None:
    """Keep which service a host belongs to (moto lists its own folders for that), and JSONPaths once parsed.

    Of a value in DynamoDB, which has one type, moto looks for every other one by all names that it might have.
    """
    kept = functools.lru_cache(_HOSTS)(DomainDispatcherApplication.get_backend_for_host)
    patches.replace(DomainDispatcherApplication, get_backend_for_host=kept)
    patches.replace(json_path, parse=functools.lru_cache(_PATHS)(json_path.parse))
    one_type = _of_one_type(JSONSerializer._serialize_type_structure)  # noqa: SLF001 (moto has no setting for it)
    patches.replace(JSONSerializer, _serialize_type_structure=one_type)


def _of_one_type(serialize: Any) -> Any:
    def structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue" or not isinstance(value, dict) or not key:
            serialize(serializer, serialized, value, shape, key)
            return
        members: dict[str, Any] = {}
        for name, typed in value.items():
            serializer._serialize(members, typed, shape.members[name], name)  # noqa: SLF001
        serializer._default_serialize(serialized, members, shape, key)  # noqa: SLF001

    return structure
