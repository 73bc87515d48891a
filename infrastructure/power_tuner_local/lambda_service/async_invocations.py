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
    from power_tuner_local.lambda_service.routing import Router

_log = logging.getLogger(__name__)
_WORKERS = 16
_THROTTLE_PAUSE_S = 0.05
_RETRIES = 2
_MAX_AGE_S = 21600
_AWS_RETRY_DELAY_S = 60.0


@dataclass(frozen=True, slots=True)
class AsyncResult:
    """The final result of an asynchronous invocation, after its retries.

    Attributes:
        condition: `Success`, `RetriesExhausted`, `EventAgeExceeded` or `ZeroReservedConcurrency`.
    """

    condition: str
    attempts: int
    payload: bytes = b""
    error: str = ""


class AsyncInvocations:
    """Runs asynchronous invocations in threads."""

    def __init__(
        self,
        router: "Router",
        invoker: "Invoker",
        concurrency: "Concurrency",
        destinations: "Destinations",
        retry_delay_s: float,
    ) -> None:
        self._router = router
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
        expires_s = time.monotonic() + policy.get("MaximumEventAgeInSeconds", _MAX_AGE_S)
        attempts = 0
        while True:
            result = self._once(invocation, expires_s)
            if isinstance(result, str):
                return AsyncResult(result, attempts)
            attempts += 1
            if not result.error:
                return AsyncResult("Success", attempts, result.payload)
            if attempts > retries:
                return AsyncResult("RetriesExhausted", attempts, result.payload, result.error)
            # the event ages as on AWS, which waits longer: 1 minute, then 2
            expires_s -= _AWS_RETRY_DELAY_S * attempts
            if time.monotonic() >= expires_s or self._closing.wait(self._retry_delay_s * attempts):
                return AsyncResult("EventAgeExceeded", attempts, result.payload, result.error)

    def _once(self, invocation: "Invocation", expires_s: float) -> "InvocationResult | str":
        """Invoke once concurrency allows (a throttle is not an attempt); return the condition that ended the wait."""
        while True:
            try:
                with self._concurrency.slot(invocation.function_arn):
                    return self._invoker.invoke(self._router.route_again(invocation))
            except TooManyRequestsError:
                if self._concurrency.is_blocked(invocation.function_arn):
                    return "ZeroReservedConcurrency"
                if time.monotonic() > expires_s or self._closing.wait(_THROTTLE_PAUSE_S):
                    return "EventAgeExceeded"
            except LambdaApiError:
                _log.exception("asynchronous invocation of %s is not possible", invocation.function_arn)
                return "EventAgeExceeded"

    def _finished(self) -> None:
        with self._lock:
            self._open -= 1
