"""The schedule expressions of EventBridge's rules and of EventBridge Scheduler.

Source: "Setting a schedule pattern for scheduled rules (legacy)" in EventBridge's user guide, "Schedule types" in
Scheduler's, and answers recorded from AWS.
"""

import datetime as dt
import re

_RATE = re.compile(r"rate\((?P<value>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)", re.ASCII)
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", re.ASCII)
_CRON = re.compile(r"cron\(([^()]*)\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RANGES = {
    "minutes": (0, 59),
    "hours": (0, 23),
    "day of month": (1, 31),
    "month": (1, 12),
    "day of week": (1, 7),
    "year": (1970, 2199),
}


def is_schedule(expression: str) -> bool:
    """Return whether EventBridge accepts an expression.

    >>> is_schedule("rate(1 day)"), is_schedule("rate(1 days)"), is_schedule("cron(0 10 * * ? *)")
    (True, False, True)
    """
    if rate := _RATE.fullmatch(expression):
        return (rate["value"] == "1") != bool(rate["plural"])
    return _is_cron(expression)


def is_scheduler_schedule(expression: str) -> bool:
    """Return whether EventBridge Scheduler accepts an expression; to it, singular and plural are the same.

    >>> is_scheduler_schedule("rate(2 minute)"), is_scheduler_schedule("at(2026-12-31T23:59:59)")
    (True, True)
    """
    if at := _AT.fullmatch(expression):
        return _is_time(at[1])
    return _RATE.fullmatch(expression) is not None or _is_cron(expression)


def _is_time(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_cron(expression: str) -> bool:
    cron = _CRON.fullmatch(expression)
    return cron is not None and _are_fields(cron[1].split())


def _are_fields(fields: list[str]) -> bool:
    if len(fields) != len(_RANGES):
        return False
    by_name = dict(zip(_RANGES, fields, strict=True))
    # A day cannot be given twice, and one of the two fields says so.
    if (by_name["day of month"] == "?") == (by_name["day of week"] == "?"):
        return False
    return all(_is_field(name, text) for name, text in by_name.items())


def _is_field(name: str, text: str) -> bool:
    if text == "?":
        return name in {"day of month", "day of week"}
    return all(_is_part(name, part) for part in text.upper().split(","))


def _is_part(name: str, part: str) -> bool:
    if name == "day of month" and (part == "L" or re.fullmatch(r"(3[01]|[12]?\d)W|LW", part)):
        return True
    if name == "day of week" and (special := re.fullmatch(r"(\w+?)(L|#[1-5])", part)):
        return _number(name, special[1]) is not None
    if name == "day of week" and part == "L":
        return True
    base, slash, step = part.partition("/")
    if slash and not step.isdecimal():
        return False
    if base == "*":
        return True
    first, dash, last = base.partition("-")
    return _number(name, first) is not None and (not dash or _number(name, last) is not None)


def _number(name: str, text: str) -> int | None:
    names = {"month": _MONTHS, "day of week": _DAYS}.get(name, ())
    value = names.index(text) + 1 if text in names else int(text) if text.isdecimal() else None
    low, high = _RANGES[name]
    return value if value is not None and low <= value <= high else None
