"""The numbers for calls with several payloads (payload_effects.py, blocks.py), each with where it comes from.

The words are those of priors.py.
"""

# How far the effects of payloads scatter before any is known, in logarithms, and the payloads that this counts for.
# Reasoned: payloads a hundred times as large as others lie within two of it on either side.
PAYLOAD_SPREAD = 1.0
EFFECT_PRIOR_CALLS = 2.0
# How far a payload at a memory size lies off what both say, in logarithms, and the cells that this counts for; from how
# many such spreads on a cell stands out. Reasoned.
CELL_SPREAD = 0.1
CELL_PRIOR_CALLS = 4.0
CELL_EDGE = 3.0
# The effects and the weights that depend on them are found by turns, so often. Reasoned.
EFFECT_TURNS = 4
# How unsure a single call that stands out leaves its cell, as a share of its distance. Reasoned: it is an unlucky one
# about as often as not.
SINGLE_CELL_DOUBT = 0.5
# No decision before each payload that makes more than this share of the bill was seen at the choice and elsewhere,
# unless that costs more than this share of a sweep. Reasoned.
LARGE_BILL_SHARE = 0.1
# How many spreads above the middle a payload may lie that no call had yet. Reasoned.
UNKNOWN_EFFECT = 2.0
MAX_UNSEEN_COST = 0.5
# What the confidence loses where they were not, per share of the bill. Reasoned.
UNSEEN_DOUBT = 0.5
# What the log odds of the confidence lose where payloads are told apart. Settled on generated functions, where it was 5
# points too high without.
PAYLOAD_DOUBT = 0.3
