"""Concurrency limits: the account's, and what functions have reserved of it."""

import contextlib
import threading
from collections import Counter
from typing import TYPE_CHECKING

from power_tuner_local.lambda_service.errors import InvalidParameterError, TooManyRequestsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST_UNRESERVED = 100


class Concurrency:
    """Counts running invocations and throttles those beyond a limit.

    Attributes:
        account_limit: The limit of all functions together.
        most: The highest concurrency so far.
        refused: How many invocations were throttled so far.
    """

    def __init__(self, account_limit: int) -> None:
        self.account_limit = account_limit
        self.most = 0
        self.refused = 0
        self._reserved: dict[str, int] = {}
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reserve(self, function_arn: str, amount: int | None) -> None:
        """Reserve concurrency for a function; None removes the reservation."""
        with self._lock:
            others = sum(kept for arn, kept in self._reserved.items() if arn != function_arn)
            if amount is None:
                self._reserved.pop(function_arn, None)
            elif self.account_limit - others - amount < min(_LEAST_UNRESERVED, self.account_limit):
                raise InvalidParameterError(
                    "Specified ReservedConcurrentExecutions for function decreases account's "
                    f"UnreservedConcurrentExecution below its minimum value of [{_LEAST_UNRESERVED}].",
                    typed=False,
                )
            else:
                self._reserved[function_arn] = amount

    def is_blocked(self, function_arn: str) -> bool:
        """Return whether a reservation of 0 keeps a function from running at all."""
        with self._lock:
            return self._reserved.get(function_arn) == 0

    @contextlib.contextmanager
    def slot(self, function_arn: str) -> "Iterator[None]":
        """Hold a slot for one invocation.

        Raises:
            TooManyRequestsError: No slot is free.
        """
        with self._lock:
            reserved = self._reserved.get(function_arn)
            if reserved is not None:
                if self._running[function_arn] >= reserved:
                    self.refused += 1
                    raise TooManyRequestsError("ReservedFunctionConcurrentInvocationLimitExceeded")
            else:
                shared = sum(count for arn, count in self._running.items() if arn not in self._reserved)
                if shared >= self.account_limit - sum(self._reserved.values()):
                    self.refused += 1
                    raise TooManyRequestsError("ConcurrentInvocationLimitExceeded")
            self._running[function_arn] += 1
            self.most = max(self.most, self._running.total())
        try:
            yield
        finally:
            with self._lock:
                self._running[function_arn] -= 1
                if not self._running[function_arn]:
                    del self._running[function_arn]
