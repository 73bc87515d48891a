"""Why EventBridge refuses a pattern, and where: recorded from AWS, or a rule of its published library."""

import pytest

from power_tuner_local.eventbridge.pattern_grammar import InvalidPattern, parse_pattern

NOT_IN_LIST = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


def place(text: str, column: int) -> str:
    return f'\n at [Source: (String)"{text}"; line: 1, column: {column}]'


@pytest.mark.parametrize(
    ("text", "reason", "column"),
    [
        ("", "Filter is not an object", 1),
        ("[1]", "Filter is not an object", 2),
        ("{}", "Empty objects are not allowed", 3),
        ('{"a": {}}', "Empty objects are not allowed", 9),
        ('{"a": []}', "Empty arrays are not allowed", 9),
        ('{"size": 7}', '"size" must be an object or an array', 11),
        ('{"state": "on"}', '"state" must be an object or an array', 12),
        ('{"a": [["b"]]}', "Match value must be String, number, true, false, or null", 9),
        ('{"a": [{}]}', "Match expression name not found", 10),
        ('{"a": [{"Prefix": "b"}]}', "Unrecognized match type Prefix", 20),
        ('{"a": [{"prefix": "b", "suffix": "c"}]}', "Only one key allowed in match expression", 35),
        ('{"a": [{"prefix": 12}]}', "prefix match pattern must be a string", 21),
        ('{"a": [{"suffix": ["b"]}]}', "suffix match pattern must be a string", 20),
        ('{"a": [{"prefix": {"suffix": "b"}}]}', "Unsupported prefix pattern: suffix", 31),
        ('{"a": [{"equals-ignore-case": ["b"]}]}', "equals-ignore-case match pattern must be a string", 32),
        ('{"a": [{"cidr": 7}]}', "prefix match pattern must be a string", 18),
        ('{"a": [{"exists": "yes"}]}', "exists match pattern must be either true or false.", 20),
        ('{"a": [{"wildcard": "b**"}]}', "Consecutive wildcard characters at pos 2", 26),
        ('{"a": [{"wildcard": "\u00e9**"}]}', "Consecutive wildcard characters at pos 3", 26),
        ('{"a": [{"wildcard": "b\\\\c"}]}', "Invalid escape character at pos 2", 27),
        ('{"a": [{"numeric": 5}]}', "Value of numeric must be an array.", 21),
        ('{"a": [{"numeric": []}]}', "Invalid member in numeric match: ]", 22),
        ('{"a": [{"numeric": ["=>", 0]}]}', "Unrecognized numeric range operator: =>", 28),
        ('{"a": [{"numeric": ["=", "5"]}]}', "Value of equals must be numeric", 27),
        ('{"a": [{"numeric": ["<", 5, ">", 1]}]}', "Too many elements in numeric expression", 30),
        ('{"a": [{"numeric": [">", 5, 6]}]}', "Bad value in numeric range: 6", 30),
        ('{"a": [{"numeric": [">", 5, "=", 6]}]}', "Bad numeric range operator: =", 32),
        ('{"a": [{"numeric": [">", 5, "<="]}]}', "Value of <= must be numeric", 34),
        ('{"a": [{"numeric": [">", 5, "<", 6, 7]}]}', "Too many terms in numeric range expression", 38),
        ('{"a": [{"numeric": [">", 5, "<", 5]}]}', "Bottom must be less than top", 36),
        ('{"a": [{"numeric": ["=", 6e9]}]}', "Value must be between -5.0E9 and 5.0E9, inclusive", 29),
        ('{"a": [{"anything-but": {"cidr": "b"}}]}', "Unsupported anything-but pattern: cidr", 35),
        (
            '{"a": [{"anything-but": true}]}',
            "Value of anything-but must be an array or single string/number value.",
            29,
        ),
        ('{"a": [{"anything-but": {"equals-ignore-case": 7}}]}', NOT_IN_LIST, 49),
        ('{"a": [{"anything-but": {"prefix": 7}}]}', "prefix/suffix match pattern must be a string", 37),
        ('{"a": [{"anything-but": {"suffix": ""}}]}', "Null prefix/suffix not allowed", 38),
        ('{"a": [{"anything-but": {"wildcard": 7}}]}', "wildcard match pattern must be a string", 39),
        ('{"$or": {"a": [1]}}', "It must be an Array followed with $or.", 10),
        ('{"$or": [1, 2]}', "Only JSON object is allowed in array of $or relationship.", 11),
        ('{"$or": [{"a": [1]}]}', "There must have at least 2 Objects in $or relationship.", 21),
        (
            '{"$or": [{"a": [1]}, {"prefix": [2]}]}',
            "prefix is Ruler reserved fieldName which cannot be used inside $or.",
            34,
        ),
    ],
)
def test_a_pattern_is_refused_with_its_first_error(text: str, reason: str, column: int) -> None:
    """The reason is AWS's, and says up to where AWS's parser has read."""
    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(text)

    assert reason + place(text, column) == str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason", "column"),
    [
        (
            '{"a": [{"anything-but": ["b", null]}]}',
            "Inside anything but list, start|null|boolean is not supported.",
            35,
        ),
        ('{"a": [{"anything-but": {"equals-ignore-case": [1, 2]}}]}', NOT_IN_LIST, 50),
        ('{"a": [{"anything-but": {"prefix": ["b", 1]}}]}', "prefix/suffix match pattern must be a string", 43),
    ],
)
def test_errors_in_lists_of_anything_but_have_their_place_twice(text: str, reason: str, column: int) -> None:
    """AWS reports such an error, catches it and reports it again."""
    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(text)

    assert reason + place(text, column) * 2 == str(refused.value)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ('{"cidr": "10.0.0.0"}', "Malformed CIDR, one '/' required"),
        ('{"cidr": "10.0.0.0/8/9"}', "Malformed CIDR, one '/' required"),
        ('{"cidr": "10.0.0.0/eight"}', "Malformed CIDR, mask bits must be an integer"),
        ('{"cidr": "10.0.0.0/-8"}', "Malformed CIDR, mask bits must not be negative"),
        ('{"cidr": "10.0.0.0/32"}', "IPv4 mask bits must be < 32"),
        ('{"cidr": "2001:db8::/128"}', "IPv6 mask bits must be < 128"),
        ('{"cidr": "ten.0.0.0/8"}', "Nonstandard IP address: ten.0.0.0"),
        ('{"cidr": "10.0.300.0/8"}', "Invalid IP address: 10.0.300.0"),
        (
            '{"wildcard": "*:*:*:*:*:*"}',
            (
                "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
                "after a wildcard character"
            ),
        ),
    ],
)
def test_some_reasons_have_no_place(rule: str, reason: str) -> None:
    """What AWS finds after it has read the text, it does not locate."""
    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(f'{{"a": [{rule}]}}')

    assert reason == str(refused.value)


@pytest.mark.parametrize(
    ("text", "words", "column"),
    [
        ("source", f"Unrecognized token 'source': was expecting {VALUES}", 7),
        ("{'a': [1]}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 2),
        (
            '{"a" [1]}',
            "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value",
            6,
        ),
        (
            '{"a": [1] "b": [2]}',
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
            11,
        ),
        (
            '{"a": ["b" "c"]}',
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Array entries",
            12,
        ),
        ('{"a": [1],}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", 11),
        ('{"a": [1,]}', f"Unexpected character (']' (code 93)): expected a valid value {VALUES}", 10),
        ('{"a": [NaN]}', f"Unrecognized token 'NaN': was expecting {VALUES}", 11),
        ('{"a": ["b', "Unexpected end-of-input: was expecting closing quote for a string value", 10),
        (
            '{"a": [1]',
            (
                "Unexpected end-of-input: expected close marker for Object (start marker at [Source: "
                '(String)"{"a": [1]"; line: 1, column: 1])'
            ),
            10,
        ),
    ],
)
def test_a_text_that_is_not_json(text: str, words: str, column: int) -> None:
    """The reason is that of AWS's parser, with the place."""
    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(text)

    assert words + place(text, column) == str(refused.value)


def test_places_count_lines_and_long_texts_are_cut() -> None:
    """The place has a line, and shows 500 characters of the text."""
    text = '{\n  "a": []' + " " * 600 + "}"

    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(text)

    assert str(refused.value).endswith(f'(String)"{text[:500]}"[truncated 112 chars]; line: 2, column: 10]')


@pytest.mark.parametrize(
    "rule",
    [
        '{"exactly": "a"}',
        '{"anything-but": {"equals-ignore-case": ["a", "b"]}}',
        '{"anything-but": {"wildcard": ""}}',
        '{"anything-but": 0}',
        '{"cidr": "10.1.2.3/31"}',
        '{"numeric": [">=", -5e9, "<=", 5e9]}',
        '{"wildcard": "*a*b*c*d*\\\\*"}',
        '{"suffix": {"equals-ignore-case": ""}}',
    ],
)
def test_what_is_accepted(rule: str) -> None:
    """The edges of what AWS accepts are patterns."""
    assert "a" in parse_pattern(f'{{"a": [{rule}], "$or": [{{"b": [1]}}, {{"c": {{"d": [null]}}}}]}}')


def test_of_a_field_that_is_there_twice_the_last_one_counts() -> None:
    """AWS's user guide says so; both must be valid."""
    assert {"a": [2]} == parse_pattern('{"a": [1], "a": [2]}')
    with pytest.raises(InvalidPattern):
        parse_pattern('{"a": [], "a": [2]}')


def test_what_follows_a_pattern_is_refused() -> None:
    """A text of two values is none."""
    with pytest.raises(InvalidPattern, match="end of the text"):
        parse_pattern('{"a": [1]} {"a": [2]}')
