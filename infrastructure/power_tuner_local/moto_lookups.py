"""What moto looks up anew in every request, looked up once."""

import functools
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.stepfunctions.parser.asl.utils import json_path

if TYPE_CHECKING:
    from power_tuner_local.moto_patches import MotoPatches

_HOSTS = 256
_PATHS = 4096


def patch_moto(patches: "MotoPatches") -> None:
    """Keep which service a host belongs to (moto lists its own folders for that), and JSONPaths once parsed."""
    kept = functools.lru_cache(_HOSTS)(DomainDispatcherApplication.get_backend_for_host)
    patches.replace(DomainDispatcherApplication, get_backend_for_host=kept)
    patches.replace(json_path, parse=functools.lru_cache(_PATHS)(json_path.parse))
