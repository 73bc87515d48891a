"""The rate limit of the control plane: a token bucket, as on AWS."""

import threading
import time

from power_tuner_local.lambda_service.errors import TooManyRequestsError


class RateLimit:
    """Throttles calls beyond a rate; a burst may use one second's worth.

    Attributes:
        taken: How many calls were accepted.
        refused: How many calls were throttled.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.refused = 0
        self._lock = threading.Lock()
        self._per_s: float | None = None
        self._tokens = 0.0
        self._filled_s = 0.0

    def allow(self, per_s: float | None) -> None:
        """Set the rate in calls a second; None removes the limit."""
        with self._lock:
            self._per_s = per_s
            self._tokens = per_s or 0.0
            self._filled_s = time.monotonic()
            self.taken = self.refused = 0

    def take(self) -> None:
        """Accept one call.

        Raises:
            TooManyRequestsError: The rate is exceeded.
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
