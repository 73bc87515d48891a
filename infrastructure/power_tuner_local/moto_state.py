"""moto's state, which is the process's: one local AWS at a time holds it, from empty to empty."""

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
    """Hold moto's state, empty at the start; at the end undo the patches and empty the state again.

    Raises:
        RuntimeError: Another local AWS of this process is running.
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
        # moto looks up the operations of a service for each request, a sixth of its time
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
