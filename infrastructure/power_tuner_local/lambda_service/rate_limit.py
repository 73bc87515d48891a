"""How many calls a second the control plane takes: a bucket of tokens, as AWS has it."""

import threading
import time

from power_tuner_local.lambda_service.errors import TooManyRequestsError


class RateLimit:
    """Refuses calls beyond a rate; a second's worth may come at once.

    Attributes:
        taken: How many calls were let through.
        refused: How many were not.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.refused = 0
        self._lock = threading.Lock()
        self._per_s: float | None = None
        self._tokens = 0.0
        self._filled_s = 0.0

    def allow(self, per_s: float | None) -> None:
        """Let so many calls a second through from now on; None lifts the limit."""
        with self._lock:
            self._per_s = per_s
            self._tokens = per_s or 0.0
            self._filled_s = time.monotonic()
            self.taken = self.refused = 0

    def take(self) -> None:
        """Let one call through.

        Raises:
            TooManyRequestsError: Not now.
        """
        with self._lock:
            if self._per_s is not None:
                now_s = time.monotonic()
                self._tokens = min(self._per_s, self._tokens + (now_s - self._filled_s) * self._per_s)
                self._filled_s = now_s
                if self._tokens < 1:
                    self.refused += 1
                    raise TooManyRequestsError("Rate exceeded")
                self._tokens -= 1
            self.taken += 1
