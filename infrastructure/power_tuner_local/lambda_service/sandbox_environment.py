"""The environment variables of a sandbox, as Lambda sets them."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from power_tuner_local.lambda_service.code_store import Unpacked
    from power_tuner_local.lambda_service.configuration import Configuration


def session_token_of(log_stream: str) -> str:
    """Return the session token of the sandbox that writes a log stream; it identifies the sandbox's requests."""
    return "SANDBOX." + log_stream.rpartition("]")[2]


def environment_of(
    configuration: "Configuration",
    version: str,
    *,
    unpacked: "Unpacked",
    log_stream: str,
    endpoint_url: str,
    region: str,
    access_key: str,
) -> dict[str, str]:
    """Return all environment variables of a sandbox; it inherits only the PATH.

    Args:
        configuration: Of the function.
        version: The function's version, or $LATEST.
        unpacked: Where its files are.
        log_stream: The sandbox's log stream.
        endpoint_url: The address of the local AWS.
        region: The function's region.
        access_key: The key of the function's role.
    """
    own = dict(configuration.environment or {})
    variables = {
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
        "LAMBDA_TASK_ROOT": str(unpacked.task_root),
        **_search_paths(configuration.runtime, own, unpacked),
        "_HANDLER": configuration.handler,
        "PWD": str(unpacked.task_root),
        "SHLVL": "0",
    }
    if configuration.logs_json:
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = configuration.logging.get("ApplicationLogLevel", "INFO")
    return {**own, **variables}


def _search_paths(runtime: str, own: "Mapping[str, str]", unpacked: "Unpacked") -> dict[str, str]:
    """Return the variables that tell where packages and programs are: of the function, of layers, of the runtime."""
    opt = unpacked.opt
    found = {
        "PATH": [os.environ.get("PATH", os.defpath), *_in(opt, "bin")],
        "LD_LIBRARY_PATH": [str(unpacked.task_root), str(unpacked.task_root / "lib"), *_in(opt, "lib")],
    }
    more = {}
    if runtime.startswith("python"):
        more["LAMBDA_RUNTIME_DIR"] = str(unpacked.packages)
        found["PYTHONPATH"] = [*_in(opt, f"python/lib/{runtime}/site-packages", "python"), str(unpacked.packages)]
    elif runtime.startswith("nodejs") and opt is not None:
        version = runtime.removeprefix("nodejs").partition(".")[0]
        found["NODE_PATH"] = _in(opt, f"nodejs/node{version}/node_modules", "nodejs/node_modules")
    for name in found.keys() & own.keys() - {"PATH"}:
        found[name][:0] = [unpacked.here(path) for path in own[name].split(os.pathsep) if path]
    return more | {name: os.pathsep.join(paths) for name, paths in found.items()}


def _in(opt: "Path | None", *folders: str) -> list[str]:
    return [] if opt is None else [str(opt / folder) for folder in folders]
