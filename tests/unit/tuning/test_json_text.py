"""JSON as it is written: what Python would read otherwise is noticed, or refused with its place."""

import json

import pytest

from power_tuner.tuning.json_text import read_json
from power_tuner.tuning.payloads import as_json, payload_of, read_payloads


@pytest.mark.parametrize(
    ("text", "altered"),
    [
        ('{"a": 1.10, "b": [1E5, 12345678901234567890, 0.1, -1, 5e-324]}', False),
        ('["NaN", "-Infinity", "\\"NaN", "-0"]', False),
        ('{"a": 0.1000000000000000000001}', True),
        ("[123456789.123456789123456789]", True),
        ("[1e400]", True),
        ("[1e-400]", True),
        ("[-0]", True),
        ("[-0.0]", False),
        ('{"a": {"b": 1, "b": 1}}', True),
    ],
)
def test_what_would_be_another_document_is_noticed(text: str, *, altered: bool) -> None:
    """Digits beyond a double's, a zero's sign, and members that stand twice."""
    assert read_json(text)[1] is altered


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("NaN", 1, 1), ('{"a": "NaN",\n "b": NaN}', 2, 7), ('["\\"", -Infinity]', 1, 8), ("[1,\n\n  Infinity]", 3, 3)],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    """Python reads NaN and Infinity; no other parser need."""
    with pytest.raises(json.JSONDecodeError) as caught:
        read_json(text)
    assert (caught.value.lineno, caught.value.colno) == (line, column)


EXACT = '{"a": 0.10000000000000000555, "b": -0, "b": 1E+2}'


def test_a_payload_is_sent_as_it_is_written() -> None:
    """Alone and as one of several, from a file of the command line or from S3."""
    several = f'[{{"payload": {EXACT}, "weight": 1}}, {{"weight": 2, "payload": "{{\\"x\\": 1}}"}}]'

    assert as_json(payload_of(EXACT)) == EXACT
    assert [as_json(each.payload) for each in read_payloads(EXACT)] == [EXACT]
    assert [as_json(each.payload) for each in read_payloads(several)] == [EXACT, '{"x": 1}']
    assert payload_of(several) == [{"payload": EXACT, "weight": 1}, {"payload": '{"x": 1}', "weight": 2}]


def test_a_payload_without_such_a_thing_stays_what_it_is() -> None:
    """So that its settings are the same however it is written."""
    assert payload_of('{"a" : [1.0, "ä"]}') == {"a": [1.0, "ä"]}
