"""The keys of every object in the app's bucket."""

from typing import NamedTuple

PAYLOADS = "profiles/"
# Beside the folder of the reports, to which the page's links lead.
FLEET_PAGE = "fleet.html"


class SamplesKey(NamedTuple):
    """What the key of a block of samples says.

    Attributes:
        first: index of the first invocation in the branch.
        sample_count: how many samples the block has.
        call_id: of the Executor call that saved it.
    """

    memory_mb: int
    batch: int
    first: int
    sample_count: int
    call_id: str


def run(run_id: str) -> str:
    """Return the prefix of a run's own objects."""
    return f"runs/{run_id}/"


def plan(run_id: str) -> str:
    """Return the key of a run's plan."""
    return f"{run(run_id)}plan.json"


def analysis(run_id: str) -> str:
    """Return the key of a run's analysis."""
    return f"{run(run_id)}analysis.json"


def all_samples(run_id: str) -> str:
    """Return the prefix of a run's samples."""
    return f"{run(run_id)}samples/"


def samples(run_id: str, key: SamplesKey) -> str:
    """Return the key of a block of samples."""
    return f"{all_samples(run_id)}{key.memory_mb}/{key.batch}-{key.first}-{key.sample_count}-{key.call_id}.json"


def parse_samples(key: str) -> SamplesKey:
    """Return what the key of a block of samples says."""
    memory_mb, name = key.rsplit("/", 2)[1:]
    batch, first, count, call_id = name.removesuffix(".json").split("-", 3)
    return SamplesKey(int(memory_mb), int(batch), int(first), int(count), call_id)


def all_outcomes(run_id: str) -> str:
    """Return the prefix of the outcomes of a run's branches."""
    return f"{run(run_id)}outcomes/"


def outcome(run_id: str, memory_mb: int) -> str:
    """Return the key of a branch's outcome."""
    return f"{all_outcomes(run_id)}{memory_mb}.json"


def memory_of_outcome(key: str) -> int:
    """Return the memory size of the branch whose outcome has this key."""
    return int(key.rpartition("/")[2].removesuffix(".json"))


def result(run_id: str, date: str) -> str:
    """Return the key of a run's result document; the date is a partition for Athena."""
    return f"results/date={date}/{run_id}.json"


def report(run_id: str) -> str:
    """Return the key of a run's report page."""
    return f"reports/{run_id}.html"


def payload(function_name: str, digest: str) -> str:
    """Return the key of a profile's payload that is too large for its item."""
    return f"{PAYLOADS}{function_name}-{digest}.json"


def run_payload(run_id: str) -> str:
    """Return the key of the payload that a person gave for a run."""
    return f"payloads/{run_id}.json"
