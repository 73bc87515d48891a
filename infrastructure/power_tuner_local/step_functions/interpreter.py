"""moto's Step Functions interpreter: how it matches errors and how tasks call services."""

import logging
import sys
from typing import TYPE_CHECKING, Any

import moto.stepfunctions.models as stepfunctions_models
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

if TYPE_CHECKING:
    from power_tuner_local.iam.role_clients import RoleClients
    from power_tuner_local.moto_patches import MotoPatches

_matches = ErrorEqualsDecl._eval_body  # noqa: SLF001
_set_error = Environment.set_error
_NEVER_CAUGHT_BY_ALL = frozenset({"States.Runtime", "States.DataLimitExceeded"})


def _matches_but_not_runtime(names: ErrorEqualsDecl, env: Environment) -> None:
    """Match an error name; unlike in moto, States.ALL matches neither States.Runtime nor States.DataLimitExceeded."""
    all_errors = any(str(each.error_name) == "States.ALL" for each in names.error_names)
    if all_errors and env.stack[-1] is not None and str(env.stack[-1].error_name) in _NEVER_CAUGHT_BY_ALL:
        env.stack[-1] = False
    else:
        _matches(names, env)


def _set_error_unless_over(env: Environment, error: ExecutionFailedEventDetails) -> None:
    """Set an error, unless the program was stopped or timed out (in moto it fails when its tasks notice)."""
    if not isinstance(env._program_state, ProgramStopped | ProgramTimedOut):  # noqa: SLF001
        _set_error(env, error)


def patch_moto(patches: "MotoPatches", clients: "RoleClients") -> None:
    """Patch moto's interpreter to match errors as AWS does, and to call services with the clients of roles."""

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001 (moto's signature)
        return clients.client_for(service, getattr(state_credentials, "role_arn", None))

    patches.replace(ErrorEqualsDecl, _eval_body=_matches_but_not_runtime)
    patches.replace(Environment, set_error=_set_error_unless_over)
    # moto's CloudFormation creates state machines in the backend that only pretends to run them
    patches.replace(stepfunctions_models, stepfunctions_backends=stepfunctions_parser_backends)
    for module in list(sys.modules.values()):
        if module.__name__.startswith("moto.stepfunctions.") and hasattr(module, "boto_client_for"):
            patches.replace(module, boto_client_for=client_for)
    # an execution's errors are in its status; the interpreter logs them too, at length
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
