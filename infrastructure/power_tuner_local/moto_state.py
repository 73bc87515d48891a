"""The state that moto keeps for the whole process: set up, and wiped between one local AWS and the next."""

import functools
import threading

from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data

from power_tuner_local.moto_changes import change

_in_use = threading.Lock()


@functools.cache
def install() -> None:
    """Let moto look up the operations of a service once (it does so for each request, a sixth of its time)."""
    change(responses, method_names_from_class=functools.cache(responses.method_names_from_class))


def claim() -> None:
    """Take moto's state for one local AWS, empty.

    Raises:
        RuntimeError: Another local AWS of this process is running.
    """
    if not _in_use.acquire(blocking=False):
        raise RuntimeError(
            "a local AWS is already running in this process; close it first, or start a background server: "
            "python -m power_tuner_local serve"
        )
    _wipe()
    default_user_config["stepfunctions"]["execute_state_machine"] = True
    default_user_config["lambda"]["use_docker"] = False


def release() -> None:
    """Wipe moto's state and let another local AWS have it."""
    default_user_config["stepfunctions"]["execute_state_machine"] = False
    default_user_config["lambda"]["use_docker"] = True
    _wipe()
    _in_use.release()


def _wipe() -> None:
    BackendDict.reset()
    reset_model_data()
