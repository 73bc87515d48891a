"""The local AWS as the commands use it: the running one, or one inside this process."""

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_cli.cloud import DEFAULT_STACK_NAME, Cloud, Place, TunerStack, find_stack, open_account
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from power_tuner_local import LocalAwsConnection

_HERE = Path(__file__).resolve()


def state_dir(given: str | None) -> Path:
    """Return the folder where the running local AWS keeps its state file."""
    from platformdirs import user_state_path

    return Path(given) if given else user_state_path("power-tuner")


def template_path() -> Path:
    """Find the tuner's template: in the repository that this command is installed from, or right here.

    Raises:
        CliError: It is in neither.
    """
    for folder in (_HERE.parents[2], Path.cwd()):
        template = folder / "template.yaml"
        if template.is_file() and (folder / "statemachine").is_dir():
            return template
    raise CliError(
        "The tuner's template.yaml was not found: install power-tuner from its repository with `pip install -e .`, "
        "or run it there."
    )


def running_local_aws(given_state_dir: str | None) -> "LocalAwsConnection | None":
    """Attach to the running local AWS, if there is one."""
    from power_tuner_local.background import connect

    return connect(state_dir(given_state_dir))


def require_local_aws(given_state_dir: str | None) -> "LocalAwsConnection":
    """Attach to the running local AWS.

    Raises:
        CliError: None is running.
    """
    connection = running_local_aws(given_state_dir)
    if connection is None:
        raise CliError(
            f"No local AWS is running (looked in {state_dir(given_state_dir)}): start one with `power-tuner local up`.",
            ExitCode.UNREACHABLE,
        )
    return connection


@contextmanager
def some_local_aws(given_state_dir: str | None) -> "Iterator[tuple[LocalAwsConnection, bool]]":
    """Use the running local AWS, or start one that lives as long as this block.

    Yields:
        The local AWS, and whether it stays when the command ends.
    """
    connection = running_local_aws(given_state_dir)
    if connection is not None:
        yield connection, True
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from power_tuner_local import LocalAws

        with LocalAws() as aws:
            yield aws, False


def deployed_stack(aws: "LocalAwsConnection") -> TunerStack:
    """Find the tuner in a local AWS, deploying it there if need be."""
    try:
        return find_stack(aws, DEFAULT_STACK_NAME)
    except CliError:
        deploy_tuner(aws)
        return find_stack(aws, DEFAULT_STACK_NAME)


def deploy_tuner(aws: "LocalAwsConnection") -> None:
    """Deploy the tuner into a local AWS.

    Raises:
        CliError: Its template could not be deployed.
    """
    from power_tuner_local import DeploymentError

    try:
        aws.deploy(template_path(), stack_name=DEFAULT_STACK_NAME)
    except DeploymentError as error:
        raise CliError(f"The tuner could not be deployed to the local AWS: {error}", ExitCode.UNREACHABLE) from None


def open_place(place: Place) -> tuple[Cloud, TunerStack]:
    """Open the place that the command line names, and find the tuner there."""
    cloud: Cloud = require_local_aws(place.state_dir) if place.local else open_account(place)
    return cloud, find_stack(cloud, place.stack_name)
