"""The numbers of the decision engine, each with where it comes from.

Three words stand for an origin that many of them share:

- reasoned: by judgement, and the engine as a whole then checked on generated functions (docs/engine.md);
- settled: found by comparing a few values on generated functions with ``make bench-decisions``;
- trial: docs/engine-experiments.md has figures for other values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner.lambda_limits import MAX_VCPUS, MB_PER_VCPU, MIN_MEMORY_MB

if TYPE_CHECKING:
    from power_tuner.engine.question import Confidence

# --- What is asked ---

# A choice is good if no other memory size is better by more than this. A definition; the bench counts "within 2 %".
REGRET_TOLERANCE = 0.02
# Invocations of each memory size in the sweep that costs are compared with: the least that the peer recommends.
SWEEP_CALLS = 10

# --- How duration depends on memory (curves.py) ---

# Settled; fewer than the 320 of the first engine, to save time.
CURVES = 224
# Of a unit cube's five axes, the steps that fill it evenly: powers of the root of x^6 = x + 1 (Niederreiter 1992).
PHI_5 = 1.1347241384015194
# Shares of the curves without any waiting and with nothing else; reasoned.
NO_WAITING_SHARE = 0.08
ALL_WAITING_SHARE = 0.04
# The waiting of all others at one vCPU is a logistic function of numbers from -4 to 6, 2 to 99.8 %; reasoned.
WAITING_LOGIT_LOW = -4.0
WAITING_LOGIT_RANGE = 10.0
# Up to where more memory helps. Cumulated shares of the curves: 45 % up to one vCPU, more than which one thread cannot
# use (AWS), 30 % up to anything from 600 to 2,600 MB, 12 % up to two, 6 % up to four, 7 % up to all vCPUs; reasoned.
CAP_BOUNDS = (0.45, 0.75, 0.87, 0.93)
ONE_VCPU_MB = MB_PER_VCPU
OTHER_CAPS_MB = (600, 2600)
TWO_VCPUS_MB = 2 * MB_PER_VCPU
FOUR_VCPUS_MB = 4 * MB_PER_VCPU
ALL_VCPUS_MB = MAX_VCPUS * MB_PER_VCPU
# The share of curves on which computing takes inverse proportion to memory, and the exponents of the others, 0.75 to
# 1.6: more than 1 where memory brings larger caches or rarer collections too. Reasoned.
PROPORTIONAL_SHARE = 0.4
EXPONENT_LOW = 0.75
EXPONENT_RANGE = 0.85
# The share of curves with a cliff, as of a garbage collector near the limit: how far up it begins, from the smallest
# memory size to four times that, taken twice; and its slope in logarithms. Reasoned.
CLIFF_SHARE = 0.12
CLIFF_LOW_MB = MIN_MEMORY_MB
CLIFF_FACTOR = 4
CLIFF_REACH = 2
CLIFF_SLOPE = 0.5
# The share of curves that grow slower again past their cap, and the largest loss per doubling, in logarithms; reasoned.
LOSS_SHARE = 0.2
MAX_LOSS = 0.12

# --- How a memory size departs from its curve (belief.py) ---

# Widths of the departures, in logarithms, and their weights. Settled together with the efforts. Trial: less weight for
# the widest costs less on smooth functions, and chooses worse on all others.
DEPARTURES = (0.004, 0.012, 0.035, 0.15)
DEPARTURE_WEIGHTS = (0.40, 0.30, 0.20, 0.10)
# Which share of the spread of the calls a departure has besides, for what changes between hours. Settled; trial: more
# does not help.
DRIFT = 0.3
# The chance that a memory size that was never called is faster than its curve and departures say, for each doubling of
# memory for which it stands, and by how much, in logarithms: a fifth to three fifths. Settled, with the published
# measurements in view too. Trial: a chance per memory size costs more where these are many, and finds less.
KINKS_PER_DOUBLING = 0.016
KINKS = (0.2, 0.9)
# The draws in which such a memory size is faster; each counts for its share of that chance. Reasoned: few, because they
# also lower the confidence.
KINKED_DRAWS = 4
# Curves that explain the samples this much worse than the best does, in logarithms, are dropped: a weight of 6e-6 is
# hardly ever drawn.
MAX_MISFIT = 12.0
# Draws from the posterior. Trial: 256 independent ones are worse, 1,024 are no better.
DRAWS = 512
# The chance that a memory size's only call is a slow one of the tail, and the variance of its logarithm then; reasoned.
OUTLIER_RATE = 0.02
OUTLIER_VARIANCE = 1.0
# How many memory sizes may be doubted at once, and how many others must then speak against them. Trial: kept, so that
# two slow calls do not vouch for each other.
MAX_DOUBTS = 3
MIN_WITNESSES = 2
# How much likelier the doubt must make all samples, in logarithms. Settled.
MIN_DOUBT = 3.0

# --- What earlier calls are worth (past.py, as_before.py, recall.py) ---

# The chance that the function is still as its earlier calls say, up to its scale. Settled together with the turns, with
# the published measurements in view: 0.8 and few turns cost a little less and miss more curves that turned.
SAME_CHANCE = 0.5
# From this chance on, an earlier run counts as half of the confirmations. Reasoned.
LIKELY_SAME = 0.5
# Up to this chance, the run begins as one without an earlier run does. Reasoned.
REFUTED = 0.02
# Draws of what the earlier calls say that stand for curves, one in four of all; reasoned, for the engine's time.
PAST_CURVES = 128
# In which share of them the duration has since come to grow by another power of memory, and how far the exponents of
# that scatter. Settled, with the published measurements in view too.
TURN_SHARE = 0.5
TURN_WIDTH = 0.4
# How far a memory size departs from what its earlier calls say, and by which factor the spread of the calls differs
# from then, with their weights; reasoned.
PAST_DEPARTURES = (0.01, 0.03, 0.1)
PAST_DEPARTURE_WEIGHTS = (0.5, 0.35, 0.15)
PAST_SPREADS = (0.7, 1.0, 1.5, 2.5)
PAST_SPREAD_WEIGHTS = (0.2, 0.45, 0.25, 0.1)
# How far all memory sizes together do, in logarithms: as before, or a release that costs or saves up to two thirds.
# Reasoned.
PAST_SCALES = (0.05, 0.5)
PAST_SCALE_WEIGHTS = (0.7, 0.3)
# The density of the scale of a function of which nothing is known but that it has the name of one that is: most of such
# scales lie within a factor of ten. Reasoned.
NEW_SCALE_DENSITY = 0.2
# How far production's calls may lie off those of a run, because their payloads differ, in logarithms. Reasoned.
PRODUCTION_WIDTH = 0.1
# Odds are cut off here, in logarithms, where a chance is 0 or 1 to any purpose.
MAX_LOG_ODDS = 50.0

# --- How calls of one memory size scatter (noise.py) ---

# Spreads of the logarithms held possible, and their weights; reasoned.
SPREADS = (0.015, 0.03, 0.06, 0.11, 0.2, 0.35, 0.6)
SPREAD_WEIGHTS = (0.12, 0.18, 0.22, 0.2, 0.15, 0.09, 0.04)
# Spreads less likely than the likeliest by this, in logarithms (a factor of 33), are dropped, to save time. Reasoned.
MAX_SPREAD_MISFIT = 3.5
# Calls that the common spread counts for beside a memory size's own. Trial: 8 only cost more.
COMMON_SPREAD_CALLS = 4.0
# The spread that stands for the tail's edge while few calls are known, and the calls that it counts for. Reasoned.
PRIOR_SPREAD = 0.1
PRIOR_CALLS = 2.0
# The spread and the edge that depends on it are found by turns, so often. Reasoned.
SPREAD_TURNS = 4
# A factor on the squares of the deviations, for what the edge takes from them. Reasoned; where calls scatter normally
# by 10 %, the spread comes out about 15 % too wide with it.
PULLED_SQUARES = 1.3
# Spreads above the median from which a call counts as this far only: in the body, in its spread, in the tail's edge.
# Reasoned; they do what the peer's trimming does.
BODY_WIDTH = 1.5
BODY_SPREAD_WIDTH = 2
TAIL_SPREAD_WIDTH = 3
# The tail begins 4 spreads above the median and at least 30 % (0.26 in logarithms). Reasoned.
TAIL_WIDTH = 4
MIN_TAIL_EDGE = 0.26
# What happens to more than one in so many calls is no tail but a second mode. Reasoned.
CALLS_PER_TAIL = 8
# Durations below a microsecond count as one, so that they have a logarithm.
MIN_DURATION_MS = 1e-3

# --- What the slow tail adds (tail.py) ---

# The chance of a slow call, what it takes beyond the body's time, and the weights of both; reasoned.
TAIL_RATES = (0.0, 0.004, 0.012, 0.03, 0.08)
TAIL_RATE_WEIGHTS = (0.40, 0.22, 0.20, 0.13, 0.05)
TAIL_EXCESSES = (0.5, 1.5, 5.0, 16.0)
TAIL_EXCESS_WEIGHTS = (0.35, 0.3, 0.2, 0.15)
# How far slow calls of one function scatter, in logarithms, and by how much the tail differs between memory sizes.
# Reasoned; the second raised once, from 0.5.
TAIL_EXCESS_SPREAD = 0.7
TAIL_MEMORY_SPREAD = 0.6
# The rate that a slow call has where the rate held possible is 0: it rules that out without a logarithm of 0.
MIN_TAIL_RATE = 1e-4
# Steady functions have smaller tails: the share of the excess that counts, at no spread and per spread. Reasoned.
STEADY_TAIL = 0.1
TAIL_PER_SPREAD = 6
# In which share of the draws a slow call takes as much longer at each memory size (a time-out elsewhere), not a share
# of the call; and the most that this may add to a fast memory size, in logarithms. Reasoned.
ADDED_TAIL_SHARE = 0.5
MAX_ADDED_TAIL = 1.5
# Calls until a memory size is judged half by its own tail, and half by the skew of its own body. Settled: a slow call
# among few is bad luck far more often than a memory size's nature.
TAIL_CALLS = 150.0
SKEW_CALLS = 40.0
# How far the mean of a memory size may lie off its body because its calls scatter in another shape, as a share of the
# spread. Settled with the published measurements in view: generated functions show 0.1, noisy published ones 0.3.
SHAPE_SPREAD = 0.2
# How unsure what a memory size's own slow calls add is after one of them, in logarithms. Reasoned.
OWN_TAIL_SPREAD = 0.8

# --- What is best (values.py, and tuning/strategies.py) ---

# Beyond a limit a value is worse by this power of the excess, and by a step; past a tolerance too. Reasoned: steep
# enough that draws beyond a limit count against a memory size however cheap or fast it is.
LIMIT_SLOPE = 6.0
LIMIT_STEP = 0.1
TOLERANCE_STEP = 0.02
# Ranks of the quantiles, and how many standard deviations above the median of a normal distribution they lie.
QUANTILES = {"p50": (0.5, 0.0), "p90": (0.9, 1.2816), "p95": (0.95, 1.6449), "p99": (0.99, 2.3263)}
# The regret that one draw may count for: beyond it a memory size is wrong, however wrong. Reasoned.
MAX_REGRET = 1.0
# By how much a memory size that must not be chosen counts as worse, in logarithms. Reasoned: beyond any gain.
BARRED_STEP = 10.0
# --- Cold calls among the warm ones (mixture.py) ---

# How what a cold call takes falls with memory, as the exponent of a power, and how unsure that is: initialization has
# the CPU of a large memory size at any, what follows has not. Reasoned.
COLD_SLOPE = -0.3
COLD_SLOPE_WIDTH = 0.3
# How far cold calls of one memory size scatter, and memory sizes off the line, in logarithms. Reasoned.
COLD_SPREAD = 0.15
COLD_DEPARTURE = 0.1
# Halvings in which a quantile of warm and cold calls together is found: to less than a thousandth.
QUANTILE_TURNS = 14

# What rounding a bill up to a millisecond adds on average, and for how many calls of its own the average over all
# memory sizes counts. Reasoned.
PRIOR_ROUNDING_MS = 0.5
PRIOR_ROUNDING_CALLS = 2
# The share of the draws left out at each end where a mean over draws is wanted that no tail moves. Reasoned.
TRIMMED_PART = 10

# --- Which memory sizes are thought about (shortlist.py) ---

# Above this many they are thinned to a grid of so many, with so many new ones in a gap beside the leader. Settled, for
# the engine's time: it grows with the square of the number.
MAX_AT_ONCE = 20
GRID = 12
NEW_PER_GAP = 2

# --- What to invoke next (allocation.py, decide.py) ---

# Calls of one memory size that are weighed. Settled; fewer steps than the eight of the first engine, to save time.
BATCHES = (1, 2, 4, 8, 16, 32)
# Challengers of the leader that are weighed, and batches that join a round. Reasoned, for the engine's time.
MAX_CHALLENGERS = 8
MAX_ROUND_BATCHES = 5
# The expected regret of the leader against a challenger below which that challenger is left alone; reasoned.
MIN_GAIN = 1e-5
# A normal loss counts as 0 where the mean lies more than 5 standard deviations above 0 (5 squared): it is below 1e-7
# of one there.
NEGLIGIBLE = 25.0
# The first round: two calls of the smallest memory size and one of about four times as much. Trial: one and one is no
# better.
FIRST_CALLS = (2, 1)
FIRST_STEP = 4


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a confidence setting pays.

    Attributes:
        per_sweep: Regret (a share) that a batch must save per cost of a sweep of ten.
        per_growth: Regret that it must save besides, per e-fold growth of what was spent.
        confirmations: Calls of the choice at least.
        follow: How good a further batch of a round must be, as a share of its first.
        growth: What a round may cost, as a share of what was spent before it.
        rounds: Rounds at most, if the question sets no limit; so many are a run that does not end.
    """

    per_sweep: float
    per_growth: float
    confirmations: int
    follow: float
    growth: float
    rounds: int = 40


# Settled, so that the default costs about a tenth of a sweep of ten and the highest less than one. Trial: other prices
# trade cost for regret along one line; a single confirmation saves 3 to 5 %.
EFFORTS: Mapping["Confidence", Effort] = {
    "default": Effort(0.0075, 0.0036, confirmations=2, follow=0.6, growth=0.3),
    "high": Effort(0.001, 0.0006, confirmations=4, follow=0.4, growth=0.5),
    "highest": Effort(0.0004, 0.00005, confirmations=16, follow=0.2, growth=1.0),
}

# --- The decision (verdict.py) ---

# Shares of the draws that an interval leaves out below and above: of a mean, to which a tail only adds, and of a
# change. Settled with the published measurements in view, to hold the truth in 95 of 100 runs.
MEAN_TAILS = (0.02, 0.006)
CHANGE_TAILS = (0.015, 0.015)
# The share of the draws in which the choice must be better than the current memory size. By convention.
SIGNIFICANT = 0.95
# From the share of the draws within the tolerance to a confidence that comes true: slope, shift, and what a spread
# other than usual takes. Fitted by logistic regression on 923 states of 200 generated functions, the shift on 200
# others.
CALIBRATION_SLOPE = 0.75
CALIBRATION_SHIFT = 0.17
CALIBRATION_NOISE = 0.24
USUAL_SPREAD = 0.06
# The chance of losing nothing by staying with the current memory size from which no closer look is worth it. Reasoned.
LIKELY_NO_LOSS = 0.5
# The mean width of the departures from which no curve explains the samples: well above the third, below the widest.
# Reasoned.
MAX_DEPARTURE = 0.08
