"""The form of intrinsic functions, such as `States.Format('run {}', $.id)`."""

import re

_NAMES = frozenset(
    {
        "Array",
        "ArrayContains",
        "ArrayGetItem",
        "ArrayLength",
        "ArrayPartition",
        "ArrayRange",
        "ArrayUnique",
        "Base64Decode",
        "Base64Encode",
        "Format",
        "Hash",
        "JsonMerge",
        "JsonToString",
        "MathAdd",
        "MathRandom",
        "StringSplit",
        "StringToJson",
        "UUID",
    }
)
_CALL = re.compile(r"States\.(\w+)\s*\(")
_STRING = re.compile(r"'(?:[^'\\]|\\['{}\\])*'")


def is_intrinsic(text: str) -> bool:
    r"""Return whether a text is a call of intrinsic functions, as far as names, strings, escapes and brackets go.

    >>> is_intrinsic(r"States.Format('it\'s {}', States.Array(1, $.b))")
    True
    >>> is_intrinsic(r"States.Format('\q')")
    False
    """
    bare = _STRING.sub("''", text.strip())
    return (
        _CALL.match(bare) is not None
        and bare.endswith(")")
        and "'" not in bare.replace("''", "")
        and _is_balanced(bare)
        and _NAMES.issuperset(_CALL.findall(bare))
    )


def _is_balanced(text: str) -> bool:
    """Return whether the first bracket of a text closes at its end, and not before."""
    depth = 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == ")" and depth <= 0:
            return depth == 0 and position == len(text) - 1
    return False
