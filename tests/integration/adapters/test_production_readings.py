"""What production measured in a window, as CloudWatch Logs tells it."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from power_tuner.aws.production_logs import PARTS, CloudWatchLogs
from power_tuner.tuning.production import Production
from power_tuner.tuning.target import FunctionLog

OF_THUMBNAILER = FunctionLog("thumbnailer", "/aws/lambda/thumbnailer")
WEEK_S = 7 * 86_400
BEGAN_S = 1_700_000_000.0
UNPUBLISHED, OF_A_VERSION = "2026/11/26/[$LATEST]0a", "2026/11/26/[7]0b"


def call(number: int, report: str, memory_mb: int = 512) -> list[str]:
    return [
        f"START RequestId: {number} Version: $LATEST\n",
        f"REPORT RequestId: {number}\tMemory Size: {memory_mb} MB\t{report}\n",
    ]


def warm(number: int, used_mb: int = 40, memory_mb: int = 512) -> list[str]:
    return call(number, f"Duration: 80.00 ms\tBilled Duration: 80 ms\tMax Memory Used: {used_mb} MB\t", memory_mb)


def cold(number: int) -> list[str]:
    figures = "Duration: 100.00 ms\tBilled Duration: 500 ms\tMax Memory Used: 60 MB\tInit Duration: 400.00 ms\t"
    return call(number, figures)


def events(*calls: list[str], stream: str = UNPUBLISHED, at_s: float = BEGAN_S) -> list[dict[str, Any]]:
    lines = [line for each in calls for line in each]
    return [
        {"message": line, "logStreamName": stream, "timestamp": int(at_s * 1000) + number}
        for number, line in enumerate(lines)
    ]


class Pages:
    """A client of CloudWatch Logs whose next answers are given."""

    def __init__(self) -> None:
        self.client = boto3.client("logs")
        self.stubber = Stubber(self.client)
        self.stubber.activate()
        self.logs = CloudWatchLogs(self.client)

    def use_clock(self, now_s: Callable[[], float]) -> None:
        """Let time pass as this clock says."""
        self.logs = CloudWatchLogs(self.client, now_s)

    def answer(self, found: list[dict[str, Any]] | None = None, *, more: bool = False) -> None:
        """Let the next page hold these events."""
        page = {"events": found or [], **({"nextToken": "more"} if more else {})}
        self.stubber.add_response("filter_log_events", page)

    def read(self, **named: Any) -> Production:
        """Read a week; all pages must have been asked for."""
        found = self.logs.production(OF_THUMBNAILER, BEGAN_S, BEGAN_S + WEEK_S, **named)
        self.stubber.assert_no_pending_responses()
        return found


@pytest.fixture
def pages(mocked_aws: None) -> Pages:  # noqa: ARG001 - keeps real credentials away
    return Pages()


def test_each_memory_size_tells_what_it_measured(pages: Pages) -> None:
    """Warm, cold and failed calls are told apart, and the peak of memory is that of all."""
    failed = call(5, "Duration: 9.00 ms\tBilled Duration: 9 ms\tMax Memory Used: 300 MB\tStatus: error\t")
    pages.answer(events(cold(1), warm(2), warm(3, used_mb=200), warm(4, memory_mb=1024), failed))
    for _ in range(PARTS - 1):
        pages.answer()
    found = pages.read()
    small, large = found.sizes

    assert (found.complete, found.calls, found.cold_share, found.peak_memory_mb) == (True, 5, 0.2, 300)
    assert (small.memory_mb, small.calls, small.cold_calls, small.failed_calls) == (512, 4, 1, 1)
    assert (small.billed_ms, small.cold_billed_ms, small.init_ms, small.upper_ms) == (669, 500, 400.0, 500.0)
    assert (large.memory_mb, large.calls, large.max_memory_used_mb) == (1024, 1, 40)


def test_parts_of_a_busy_window_are_read(pages: Pages) -> None:
    """Each part of the window has its share of the pages, and it is said that more is there."""
    for part in range(PARTS):
        pages.answer(events(warm(2 * part)), more=True)
        pages.answer(events(warm(2 * part + 1)), more=True)
    found = pages.read(pages=2 * PARTS)

    assert (found.complete, found.calls) == (False, 2 * PARTS)


def test_what_a_run_invoked_is_not_production(pages: Pages) -> None:
    """Runs invoke numbered versions; what $LATEST did meanwhile is production's, and a version outside of runs too."""
    pages.answer(
        events(warm(1), stream=OF_A_VERSION, at_s=BEGAN_S + 50)
        + events(warm(2), at_s=BEGAN_S + 50)
        + events(warm(3), stream="2026/11/26/[8]0c", at_s=BEGAN_S + 500)
    )
    for _ in range(PARTS - 1):
        pages.answer()

    assert pages.read(apart=[(BEGAN_S, BEGAN_S + 100)]).calls == 2


def test_a_function_that_never_logged_has_no_data(mocked_aws: None) -> None:  # noqa: ARG001
    """No log group means no invocations."""
    found = CloudWatchLogs(boto3.client("logs")).production(OF_THUMBNAILER, BEGAN_S, BEGAN_S + WEEK_S)

    assert (found.complete, found.calls, found.unreadable) == (True, 0, None)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "may not read by its mode or its productionLogGroups"),
        ("ThrottlingException", "answered ThrottlingException"),
    ],
)
def test_what_cannot_be_read_is_said(pages: Pages, code: str, words: str) -> None:
    """A run goes on without it."""
    pages.stubber.add_client_error("filter_log_events", code)

    assert words in str(pages.read().unreadable)


def test_other_refusals_stay_what_they_are(pages: Pages) -> None:
    """A request that makes no sense is a fault of ours."""
    pages.stubber.add_client_error("filter_log_events", "InvalidParameterException")

    with pytest.raises(ClientError, match="InvalidParameterException"):
        pages.read()


def test_a_run_does_not_wait_for_ever(pages: Pages) -> None:
    """After 20 seconds it goes on with what was read, and says that there is more."""
    clock_s = iter([0.0, 0.0, 10.0, 21.0])
    pages.use_clock(lambda: next(clock_s))
    pages.answer(events(warm(1)))
    pages.answer(events(warm(2)))
    found = pages.read()

    assert (found.complete, found.calls) == (False, 2)
