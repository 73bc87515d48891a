"""The numbers for sandboxes that warm up (warm_up.py, settling.py), each with where it comes from.

The words are those of priors.py.
"""

# The chance that a function of no duration warms up over several calls, and the duration at which it is half as much.
# Reasoned: what a just-in-time compiler does to some calls is milliseconds to tenths of a second.
SHORT_CHANCE = 0.35
SHORT_MS = 20.0
# Below this chance nobody asks whether it does, for the engine's time: that is from 330 ms on.
LEAST_CHANCE = 0.02
# What the first call takes beyond a settled one, as a factor of it. Reasoned: 3 to 30 times as long are told.
FACTORS = (2.0, 8.0, 28.0)
# For how many calls that falls to a third: powers of the step. Reasoned: 1.7 to 70 calls.
STEP = 1.7
LASTS = tuple(range(1, 9))
# Calls after which every sandbox has settled, for the engine's time.
LONGEST = 400
# Whether what falls does so ever more slowly, as the exponent of the calls: compilers have several tiers. Reasoned.
STRETCHES = (1.0, 0.6)
# A compiler takes CPU time: how much longer it lasts at a smaller share of a vCPU, as a power of that. Reasoned.
SHARE_POWERS = (0.0, 0.5)
# How far the logarithm of the factor at one memory size lies off that, as a share of it. Reasoned.
FACTOR_SPREAD = 0.3
# The least of that: calls that get slower do not warm up. Reasoned.
LEAST_MORE = -0.7
# How far what is still to fall after the calls lies off that, as a share of it. Reasoned.
REMAINING_SPREAD = 0.3
# Spreads of the calls about this, in logarithms. Reasoned.
WARM_UP_SPREADS = (0.05, 0.12, 0.3, 0.75)
# Calls of one memory size beyond so many tell no more of the way of falling: none of the ways is quite right. Reasoned.
MOST_TELLING = 24
# A call that takes longer than those before it by more than this, in logarithms, counts as so much longer. Reasoned.
SPIKE_EDGE = 0.7
# The chance that the function warms up from which its first calls are taken for that. Reasoned.
MIN_CHANCE = 0.5
# Ways of falling with less of the weight than this are left out, for the engine's time.
MIN_WEIGHT = 1e-3
# A sandbox has settled when its calls take less than this longer, in logarithms. Reasoned.
SETTLED = 0.05
# No decision while the chance that the choice has not settled is above this, unless that costs more than this share of
# a sweep; each time as many calls are made as were before, and at least so many. The share is settled: 2.5 costs more
# and is no better. The others are reasoned.
MAX_UNSETTLED = 0.07
MAX_SETTLING_COST = 1.0
SETTLING_CALLS = 4
# What the log odds of the confidence gain where first calls are taken for warming up, because what is unsure of them is
# counted widely, and what they lose per chance that the choice has not settled. Settled on generated functions, where
# it was 27 points too low without.
SETTLING_TRUST = 1.6
UNSETTLED_DOUBT = 0.6
