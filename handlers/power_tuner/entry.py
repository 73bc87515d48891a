"""What every Lambda function does around its step: it logs with the run's id on each line, and traces."""

from collections.abc import Callable, Mapping
from functools import cache, wraps
from os import environ
from typing import Any, Protocol

from aws_lambda_powertools import Logger
from msgspec import to_builtins

from power_tuner.app import App

# What Lambda hands over may be any JSON object: the handlers read it, and the steps get values.
Event = Mapping[str, Any]
Json = Mapping[str, object]


class Context(Protocol):
    """The part of Lambda's context object that is used here."""

    @property
    def aws_request_id(self) -> str:
        """The id of the invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still run."""


Handler = Callable[[Event, Context], Json]


def entry_point(handler: Callable[[App, Event, Context], object]) -> Handler:
    """Wrap a handler: pass the app to it, return its answer as JSON, log with the run's id on each line, and trace.

    Neither event nor result is logged, because both may contain the user's data.
    """

    def handle(event: Event, context: Context) -> Json:
        answer: Json = to_builtins(handler(_app(), event, context), str_keys=True)
        return answer

    @wraps(handler)
    def observed(event: Event, context: Context) -> Json:
        logger = _logger()
        # Whoever may invoke a function may send it any JSON.
        sent: object = event
        run_id = sent.get("runId") if isinstance(sent, Mapping) else None
        # An object in its place could be a payload.
        named = run_id if isinstance(run_id, str) else None
        logger.append_keys(run_id=named, request_id=context.aws_request_id)
        try:
            result = _traced(handle)(event, context)
        except Exception as error:
            logger.warning("failed", extra={"error": type(error).__name__, "reason": str(error)})
            raise
        logger.info("done")
        return result

    return observed


def remaining_s(context: Context) -> Callable[[], float]:
    """Return a function that returns how many seconds this invocation may still run."""
    return lambda: context.get_remaining_time_in_millis() / 1000


@cache
def _app() -> App:
    return App()


@cache
def _logger() -> Logger:
    return Logger(service=environ.get("POWERTOOLS_SERVICE_NAME", "power-tuner"))


@cache
def _traced(handler: Handler) -> Handler:
    if not environ.get("_X_AMZN_TRACE_ID") or environ.get("POWERTOOLS_TRACE_DISABLED"):
        return handler
    # Imported here: a function that does not trace does not pay for the X-Ray SDK.
    from aws_lambda_powertools import Tracer  # noqa: PLC0415

    traced: Handler = Tracer(patch_modules=["botocore"]).capture_lambda_handler(handler, capture_response=False)
    return traced
