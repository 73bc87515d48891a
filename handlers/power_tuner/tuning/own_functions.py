"""What the tuner's own functions cost: they are billed by Lambda like any other."""

from power_tuner.tuning.pricing import prices_for

# As the template sets them (Globals); a test holds the two together.
MEMORY_MB = 512
ARCHITECTURE = "arm64"

# Initializer, Cleaner and Record: once in every run that completes.
CALLS_ONCE = 3


def own_functions_usd(region: str, *, seconds: float, calls: int) -> float:
    """Return what calls of the tuner's own functions cost that took so long together.

    Args:
        region: where the state machine is.
        seconds: of all calls together.
        calls: how many.
    """
    return prices_for(region, ARCHITECTURE).invocations(MEMORY_MB, round(seconds * 1000), calls)
