"""Compare two versions by intervals that hold at every look at once, so that anybody may look as often as they like.

Durations: the mixture sequential probability ratio test of Robbins (1970) with a normal mixture, as in Johari, Koomen,
Pekelis and Walsh, "Always Valid Inference" (Operations Research 2022), on the means of logarithms with the variances
estimated, as in Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences" (Annals of
Statistics 2024). Errors: for each version the exact sequence of a binomial share against a beta mixture (Robbins 1970),
which holds for any number of calls.
"""

from collections.abc import Callable, Sequence
from math import exp, expm1, lgamma, log, log1p, sqrt
from typing import NamedTuple

from msgspec import Struct

# Of equal versions, so many are ever taken for worse: half by their durations, half by their errors.
ALPHA = 0.01
# Below this many durations of either version, their spread is not known well enough.
MIN_DURATIONS = 20
# No timer is finer: the least spread of logarithms, so that equal durations are not taken for certainty.
_LEAST_VARIANCE = 0.01**2
_LEAST_MS = 0.01
# The interval is narrowest about where its half width is a third of the margin; Howard et al. (2021), section 3.2.
_MIXTURE = 2.0
# Shares of errors are small or large, rarely in between: half of the mixture is for each.
_BETAS = ((0.5, 0.5), (0.5, 50.0))
_HALVINGS = 50


class Interval(NamedTuple):
    """What holds, at every look at once, with the stated confidence."""

    low: float
    high: float


class Durations(Struct, frozen=True):
    """The sums of the logarithms of a version's durations."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def plus(self, durations_ms: Sequence[float]) -> "Durations":
        """Return the sums with more durations."""
        logs = [log(max(each, _LEAST_MS)) for each in durations_ms]
        squares = sum(each * each for each in logs)
        return Durations(self.count + len(logs), self.total + sum(logs), self.squares + squares)

    @property
    def mean(self) -> float:
        """Return the mean of the logarithms."""
        return self.total / self.count

    @property
    def variance(self) -> float:
        """Return the variance of the logarithms, never zero."""
        scatter = self.squares - self.count * self.mean**2
        return max(scatter / (self.count - 1), _LEAST_VARIANCE)


class Errors(Struct, frozen=True):
    """How many of a version's calls failed."""

    calls: int = 0
    failed: int = 0


def change_of_duration(before: Durations, now: Durations, margin: float) -> Interval | None:
    """Return the change of the typical duration as a share: 0.1 is 10 % slower; None while it cannot be told.

    Args:
        before: of the version that production trusts.
        now: of the version on trial.
        margin: the change that is looked for, where the interval is narrowest.
    """
    if min(before.count, now.count) < MIN_DURATIONS:
        return None
    variance = before.variance / before.count + now.variance / now.count
    mixture = (_MIXTURE / log(1 + margin)) ** 2
    information = 1 / variance
    half = sqrt((information + mixture) * log((information + mixture) / (mixture * ALPHA**2))) / information
    difference = now.mean - before.mean
    return Interval(expm1(difference - half), expm1(difference + half))


def rise_of_errors(before: Errors, now: Errors) -> Interval:
    """Return the rise of the share of failed calls, in points: 0.01 is one call more of a hundred."""
    trusted, tried = share_of_errors(before, ALPHA / 4), share_of_errors(now, ALPHA / 4)
    return Interval(tried.low - trusted.high, tried.high - trusted.low)


def share_of_errors(errors: Errors, alpha: float) -> Interval:
    """Return which shares of failed calls are plausible."""
    calls, failed = errors.calls, min(errors.failed, errors.calls)
    if calls == 0:
        return Interval(0.0, 1.0)
    least = _log_mixture(calls, failed) + log(alpha)
    best = failed / calls

    def is_plausible(share: float) -> bool:
        likelihood = (failed * log(share) if failed else 0.0) + (
            (calls - failed) * log1p(-share) if failed < calls else 0.0
        )
        return likelihood > least

    return Interval(
        _edge(best, 0.0, is_plausible) if failed else 0.0, _edge(best, 1.0, is_plausible) if failed < calls else 1.0
    )


def _edge(inside: float, outside: float, is_plausible: Callable[[float], bool]) -> float:
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if is_plausible(middle) else (inside, middle)
    return outside


def _log_mixture(calls: int, failed: int) -> float:
    """Return the logarithm of the likelihood, averaged over the mixture."""
    logs = [_log_beta(a + failed, b + calls - failed) - _log_beta(a, b) for a, b in _BETAS]
    largest = max(logs)
    return largest + log(sum(exp(each - largest) for each in logs) / len(logs))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
