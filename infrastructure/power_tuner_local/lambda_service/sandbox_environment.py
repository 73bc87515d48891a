"""The environment variables of a sandbox, as Lambda sets them."""

import os
import sysconfig
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from power_tuner_local.lambda_service.configuration import Configuration

_PACKAGES = os.pathsep.join(dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))))


def session_token_of(log_stream: str) -> str:
    """Return the session token of the sandbox that writes a log stream; it identifies the sandbox's requests."""
    return "SANDBOX." + log_stream.rpartition("]")[2]


def environment_of(
    configuration: "Configuration",
    version: str,
    *,
    task_root: "Path",
    log_stream: str,
    endpoint_url: str,
    region: str,
    access_key: str,
) -> dict[str, str]:
    """Return all environment variables of a sandbox; it inherits only the PATH."""
    own = dict(configuration.environment or {})
    is_python = configuration.runtime.startswith("python")
    of_python = {}
    if is_python:
        of_python = {
            "LAMBDA_RUNTIME_DIR": _PACKAGES.split(os.pathsep)[0],
            "PYTHONPATH": os.pathsep.join(filter(None, (own.pop("PYTHONPATH", ""), _PACKAGES))),
        }
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": session_token_of(log_stream),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": configuration.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_TASK_ROOT": str(task_root),
        **of_python,
        "_HANDLER": configuration.handler,
        "PWD": str(task_root),
        "SHLVL": "0",
    }
    if configuration.logs_json:
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = configuration.logging.get("ApplicationLogLevel", "INFO")
    return {**own, **variables}
