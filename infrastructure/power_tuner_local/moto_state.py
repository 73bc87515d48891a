"""moto's state belongs to the process: one local AWS at a time holds it, and finds and leaves it empty."""

import contextlib
import functools
import threading
from typing import TYPE_CHECKING

from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data

from power_tuner_local.moto_patches import MotoPatches

if TYPE_CHECKING:
    from collections.abc import Iterator

_held = threading.Lock()


@contextlib.contextmanager
def hold() -> "Iterator[MotoPatches]":
    """Hold moto's state, empty at the start; undo the patches and empty it again at the end.

    Raises:
        RuntimeError: Another local AWS is running in this process.
    """
    if not _held.acquire(blocking=False):
        raise RuntimeError(
            "a local AWS is already running in this process; close it first, or start a background server: "
            "python -m power_tuner_local serve"
        )
    patches = MotoPatches()
    try:
        _wipe()
        default_user_config["stepfunctions"]["execute_state_machine"] = True
        default_user_config["lambda"]["use_docker"] = False
        # moto looks up a service's operations on each request, which takes a sixth of its time
        patches.replace(responses, method_names_from_class=functools.cache(responses.method_names_from_class))
        yield patches
    finally:
        patches.close()
        default_user_config["stepfunctions"]["execute_state_machine"] = False
        default_user_config["lambda"]["use_docker"] = True
        _wipe()
        _held.release()


def _wipe() -> None:
    BackendDict.reset()
    reset_model_data()
