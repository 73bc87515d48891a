"""The metrics of an alias whose calls two versions share: Invocations and Errors by the version that ran."""

from moto.backends import get_backend


class AliasMetrics:
    """Writes to moto's CloudWatch; of other calls the local AWS keeps no metrics."""

    def __init__(self, region: str, account_id: str) -> None:
        self._backend = get_backend("cloudwatch")[account_id][region]

    def count(self, function_name: str, alias: str, version: str, *, failed: bool) -> None:
        """Count one call."""
        dimensions = [
            {"Name": "FunctionName", "Value": function_name},
            {"Name": "Resource", "Value": f"{function_name}:{alias}"},
            {"Name": "ExecutedVersion", "Value": version},
        ]
        data = [
            {"MetricName": name, "Value": value, "Unit": "Count", "Dimensions": dimensions}
            for name, value in (("Invocations", 1), ("Errors", int(failed)))
        ]
        self._backend.put_metric_data("AWS/Lambda", data)
