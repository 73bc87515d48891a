"""The local AWS that a command uses: the running one, or a temporary one in this process."""

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_cli.cloud import DEFAULT_STACK_NAME, TunerStack, find_stack
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.installation import application_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from power_tuner_local import LocalAwsConnection


def state_dir(given: str | None) -> Path:
    """Return the folder of the local AWS's state file."""
    from platformdirs import user_state_path

    return Path(given) if given else user_state_path("power-tuner")


def template_path() -> Path:
    """Return the path of the tuner's template: in this command's repository, or as it came with the command."""
    return application_folder() / "template.yaml"


def running_local_aws(given_state_dir: str | None) -> "LocalAwsConnection | None":
    """Return a connection to the running local AWS, None if there is none."""
    from power_tuner_local.background import connect

    return connect(state_dir(given_state_dir))


def require_local_aws(given_state_dir: str | None) -> "LocalAwsConnection":
    """Return a connection to the running local AWS.

    Raises:
        CliError: None is running.
    """
    connection = running_local_aws(given_state_dir)
    if connection is None:
        raise CliError(
            f"No local AWS is running (state folder {state_dir(given_state_dir)}): start one with "
            "`power-tuner local up`.",
            ExitCode.UNREACHABLE,
        )
    return connection


@contextmanager
def use_local_aws(given_state_dir: str | None) -> "Iterator[tuple[LocalAwsConnection, bool]]":
    """Use the running local AWS, or else a temporary one that ends with this block.

    Yields:
        The local AWS, and whether it is temporary.
    """
    connection = running_local_aws(given_state_dir)
    if connection is not None:
        yield connection, False
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from power_tuner_local import LocalAws

        with LocalAws() as aws:
            yield aws, True


def ensure_stack(aws: "LocalAwsConnection") -> TunerStack:
    """Return the tuner's stack in a local AWS, deploying it if need be."""
    try:
        return find_stack(aws, DEFAULT_STACK_NAME)
    except CliError:
        deploy_tuner(aws)
        return find_stack(aws, DEFAULT_STACK_NAME)


def deploy_tuner(aws: "LocalAwsConnection") -> None:
    """Deploy the tuner to a local AWS.

    Raises:
        CliError: Its template could not be deployed.
    """
    from power_tuner_local import DeploymentError

    try:
        aws.deploy(template_path(), stack_name=DEFAULT_STACK_NAME)
    except DeploymentError as error:
        raise CliError(f"The tuner could not be deployed to the local AWS: {error}", ExitCode.UNREACHABLE) from None
