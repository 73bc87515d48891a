"""Asynchronous invocations: a queue, two retries, then the dead-letter queue or the OnFailure destination."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import LambdaApiError, TooManyRequestsError
from power_tuner_local.lambda_service.functions import now_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local.lambda_service.concurrency import Concurrency
    from power_tuner_local.lambda_service.destinations import Destinations
    from power_tuner_local.lambda_service.invocations import Invocation, InvocationResult, Invoker

_log = logging.getLogger(__name__)
_WORKERS = 16
_THROTTLE_PAUSE_S = 0.05
_RETRIES = 2


@dataclass(frozen=True, slots=True)
class AsyncResult:
    """The final result of an asynchronous invocation, after its retries.

    Attributes:
        condition: `Success`, `RetriesExhausted` or `EventAgeExceeded`.
    """

    condition: str
    attempts: int
    payload: bytes
    error: str


class AsyncInvocations:
    """Runs asynchronous invocations in threads."""

    def __init__(
        self,
        invoker: "Invoker",
        concurrency: "Concurrency",
        destinations: "Destinations",
        retry_delay_s: float,
    ) -> None:
        self._invoker = invoker
        self._concurrency = concurrency
        self._destinations = destinations
        self._retry_delay_s = retry_delay_s
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="lambda-async")
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._open = 0

    def put(self, invocation: "Invocation", on_done: "Callable[[AsyncResult], None] | None" = None) -> None:
        """Queue an invocation.

        Args:
            invocation: The invocation.
            on_done: Called with the result, after retries and delivery to a destination.
        """
        with self._lock:
            self._open += 1
        try:
            self._workers.submit(self._work, invocation, on_done)
        except RuntimeError:
            self._finished()
            raise

    def idle(self) -> bool:
        """Return whether no invocation is queued or running."""
        with self._lock:
            return not self._open

    def close(self) -> None:
        """Discard queued invocations and wait for running ones."""
        self._closing.set()
        self._workers.shutdown(cancel_futures=True)

    def _work(self, invocation: "Invocation", on_done: "Callable[[AsyncResult], None] | None") -> None:
        try:
            result = self._attempts(invocation)
            if not self._closing.is_set():
                self._destinations.deliver(invocation, result, now_text())
                if on_done is not None:
                    on_done(result)
        except Exception:  # noqa: BLE001 (one lost event must not end the worker)
            if not self._closing.is_set():
                _log.exception("asynchronous invocation of %s was lost", invocation.function_arn)
        finally:
            self._finished()

    def _attempts(self, invocation: "Invocation") -> AsyncResult:
        policy: dict[str, Any] = self._destinations.policy(invocation)
        retries = policy.get("MaximumRetryAttempts", _RETRIES)
        oldest_s = time.monotonic() + policy.get("MaximumEventAgeInSeconds", 21600)
        attempts = 0
        while True:
            result = self._once(invocation, oldest_s)
            if result is None:
                return AsyncResult("EventAgeExceeded", attempts, b"", "")
            attempts += 1
            if not result.error:
                return AsyncResult("Success", attempts, result.payload, "")
            if attempts > retries or self._closing.wait(self._retry_delay_s * attempts):
                return AsyncResult("RetriesExhausted", attempts, result.payload, result.error)

    def _once(self, invocation: "Invocation", oldest_s: float) -> "InvocationResult | None":
        """Invoke once concurrency allows (a throttle is not an attempt); return None if the event expires first."""
        while True:
            try:
                with self._concurrency.slot(invocation.function_arn):
                    return self._invoker.invoke(invocation)
            except TooManyRequestsError:
                if time.monotonic() > oldest_s or self._closing.wait(_THROTTLE_PAUSE_S):
                    return None
            except LambdaApiError:
                _log.exception("asynchronous invocation of %s is not possible", invocation.function_arn)
                return None

    def _finished(self) -> None:
        with self._lock:
            self._open -= 1
