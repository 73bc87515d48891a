"""Text of others (names, errors, tags): what would steer a terminal or a page is shown instead."""

from typing import Final

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_CONTROL_PICTURES = 0x2400
# Direction marks, overrides and isolates (Unicode Standard Annex 9): text between them can be made to read otherwise.
_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SHOWN: Final = {
    **{code: chr(_CONTROL_PICTURES + code) for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "\N{SYMBOL FOR DELETE}",
    **dict.fromkeys((*range(0x80, 0xA0), *_BIDI), _UNKNOWN),
    # Halves of a character, which no encoding has.
    **dict.fromkeys(range(0xD800, 0xE000), _UNKNOWN),
}


def visible(text: str) -> str:
    """Return text whose control characters, C0, C1 and bidirectional, are shown by a picture of one cell each."""
    return text.translate(_SHOWN)
