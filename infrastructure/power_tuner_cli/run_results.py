"""The results of a run: its item in DynamoDB and its documents in S3."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner.aws import keys, object_keys
from power_tuner_cli.cloud import Cloud, TunerStack, open_app
from power_tuner_cli.errors import CliError

if TYPE_CHECKING:
    from power_tuner.tuning.result import Result
    from power_tuner.tuning.run_item import RunItem

_RECENT_RUNS = 20


@dataclass(frozen=True, slots=True)
class RunResults:
    """Where a run's results are, and the result itself.

    Attributes:
        item: The run's item in DynamoDB; None for a run that was refused before it began.
        result: The result; None for a run that failed.
    """

    table_name: str
    bucket_name: str
    run_id: str
    item: "RunItem | None" = None
    result: "Result | None" = None

    def uri(self, key: str) -> str:
        """Return the URI of an object of the run."""
        return f"s3://{self.bucket_name}/{key}"

    def locations(self) -> dict[str, object]:
        """Return where everything is that the run stored."""
        from power_tuner.tuning.run_item import CompletedRun

        locations: dict[str, object] = {"samples": self.uri(object_keys.all_samples(self.run_id))}
        if isinstance(self.item, CompletedRun):
            locations |= {"result": self.uri(self.item.result_key), "report": self.uri(self.item.report_key)}
        if self.item:
            locations["item"] = {"table": self.table_name, **keys.run(*self.item.key)}
        return locations


def fetch_results(cloud: Cloud, stack: TunerStack, function: str, run_id: str) -> RunResults:
    """Return the item and the result of a function's run; what does not exist is None."""
    from power_tuner.tuning.result_document import read_result
    from power_tuner.tuning.run_item import CompletedRun

    newest = open_app(cloud, stack).history.latest(function_arn(function, stack), _RECENT_RUNS)
    item = next((each for each in newest if each.run_id == run_id), None)
    result = None
    if isinstance(item, CompletedRun):
        result = read_result(read_object(cloud, stack, item.result_key))
    return RunResults(stack.settings.table_name, stack.settings.bucket_name, run_id, item, result)


def ended_run(cloud: Cloud, stack: TunerStack, run_id: str) -> "RunItem":
    """Return the item of a run that has ended.

    Raises:
        CliError: There is none.
    """
    from power_tuner.tuning.run_item import RunKey

    runs = open_app(cloud, stack).history
    begun = runs.begun(run_id)
    item = begun and begun.target_arn and runs.item(RunKey(begun.target_arn, begun.started_at, run_id))
    if not item:
        raise CliError(f"There is no ended run {run_id!r}: it is unknown, still runs, or has expired.")
    return item


def function_arn(function: str, stack: TunerStack) -> str:
    """Return a function's unqualified ARN; a bare name is one in the stack's account and region.

    Raises:
        CliError: The text is neither a name nor an ARN.
    """
    from power_tuner.tuning.arn import canonical_arn, parse_function_reference

    reference = parse_function_reference(function)
    if reference is None:
        raise CliError(f"{function!r} is neither the name nor the ARN of a function.")
    return canonical_arn(reference, like=stack.settings.state_machine_arn)


def read_object(cloud: Cloud, stack: TunerStack, key: str) -> bytes:
    """Return an object of the tuner's bucket.

    Raises:
        CliError: There is no such object.
    """
    client = cloud.client("s3")
    try:
        return bytes(client.get_object(Bucket=stack.settings.bucket_name, Key=key)["Body"].read())
    except client.exceptions.NoSuchKey:
        raise CliError(
            f"s3://{stack.settings.bucket_name}/{key} does not exist: the run is unknown, had no result, or has "
            "expired. `power-tuner history FUNCTION` lists the runs.",
        ) from None
