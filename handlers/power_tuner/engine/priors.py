"""The numbers of the decision engine, each with where it comes from."""

# A size beyond a limit is worse by this power of how far it is beyond, and by a step that no gain within the limit
# outweighs. By judgement: steep enough that the draws within the limit decide.
LIMIT_SLOPE = 6.0
LIMIT_STEP = 0.1
TOLERANCE_STEP = 0.02
