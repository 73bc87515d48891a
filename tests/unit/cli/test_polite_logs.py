"""The client of the survey for logs leaves room for others."""

from power_tuner_cli.surveying.polite_logs import CALLS_PER_SECOND, PoliteLogs, Slots
from unit.cli.stubbed_aws import StubbedAws


def test_callers_get_slots_one_after_the_other() -> None:
    """Of three at once, at two a second, the last waits a second; one that comes late does not wait."""
    slept: list[float] = []
    moment = 100.0
    slots = Slots(2, now=lambda: moment, sleep=slept.append)

    for _ in range(3):
        slots.wait()
    moment = 200.0
    slots.wait()

    assert [0.5, 1.0] == slept


def test_reading_a_log_waits_for_a_slot(aws: StubbedAws) -> None:
    """Each call does, below what AWS answers; its answer is the client's."""
    slept: list[float] = []
    client = PoliteLogs(aws.client("logs"), Slots(CALLS_PER_SECOND, now=lambda: 0.0, sleep=slept.append))
    for _ in range(3):
        aws.stub("logs").add_response("filter_log_events", {"events": []})

    answers = [client.filter_log_events(logGroupName="group")["events"] for _ in range(3)]

    assert [[], [], []] == answers
    assert [0.25, 0.5] == slept
    assert CALLS_PER_SECOND < 5
