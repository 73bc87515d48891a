"""The fleet: sums, states, and the page without a browser."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from fleets import PREFIX, fleet, page
from power_tuner.report.figures import money_text
from power_tuner.report.fleet import fleet_of
from power_tuner.tuning.real_bill import DAYS_PER_MONTH
from power_tuner.tuning.tuned_functions import tuned_functions
from run_items import APPLIED, completed_run

PER_CALL = 1e-6


def test_sums_tell_applied_and_open_apart() -> None:
    """What is applied costs what it costs now; what has no known saving counts with what its tuning cost only."""
    common = {"cost_usd": PER_CALL, "cost_change": -0.5, "spent_usd": 0.25}
    runs = [
        completed_run("run-1", target_arn=PREFIX + "a", target_name="a", applied=APPLIED, **common),
        completed_run("run-2", target_arn=PREFIX + "b", target_name="b", **common),
        completed_run("run-3", target_arn=PREFIX + "c", target_name="c", **common | {"cost_change": None}),
    ]
    counted = dict.fromkeys("abc", 1_000_000.0)
    whole = fleet_of(tuned_functions(runs), counted, {PREFIX + "c", PREFIX + "d"}, 30)

    (sums,) = whole.totals
    month = 1_000_000 / 30 * DAYS_PER_MONTH * PER_CALL
    assert (3, 0.75) == (sums.functions, sums.tuning_cost)
    assert pytest.approx((month, month, 3 * month)) == (sums.applied, sums.open, sums.cost_now)
    assert (PREFIX + "d",) == whole.never_tuned
    assert "b" == whole.functions[0].tuned.latest.target_name


def test_what_is_not_safe_cannot_be_saved() -> None:
    """A decision that breaks the floor is shown, and counts in no sum."""
    run = completed_run(cost_usd=PER_CALL, cost_change=-0.5, floor_broken="production used up to 480 MB")
    whole = fleet_of(tuned_functions([run]), {"thumbnailer": 1_000_000.0}, set(), 30)

    assert whole.totals[0].open == 0
    assert "not safe" in page(whole)


def test_currencies_are_summed_apart() -> None:
    """A stack that tuned in two has two lines of sums."""
    runs = [completed_run(currency="CNY"), completed_run("run-2", target_arn=PREFIX + "b", target_name="b")]

    assert ["CNY", "USD"] == [each.currency for each in fleet_of(tuned_functions(runs), {}, set(), 30).totals]


def test_the_policy_names_the_page_s_own_style_and_script_by_hash() -> None:
    """And allows nothing else: no network, no inline handler, no attribute of style."""
    text = page(fleet(3))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    (style,), (script,) = (
        re.findall(r"<style>(.*?)</style>", text, re.DOTALL),
        re.findall(r"<script>(.*?)</script>", text, re.DOTALL),
    )

    def hashed(part: str) -> str:
        return f"'sha256-{b64encode(sha256(part.encode()).digest()).decode()}'"

    assert policy == (
        f"default-src 'none'; style-src {hashed(style)}; script-src {hashed(script)}; base-uri 'none'; "
        "form-action 'none'"
    )
    assert not re.search(r"unsafe|\son\w+=|\sstyle=|\ssrc=", text.replace(script, ""))


def test_an_empty_fleet_has_a_page() -> None:
    """Which says so."""
    assert "No function has been tuned yet." in page(fleet_of({}, {}, set(), 30))


@pytest.mark.parametrize(("amount", "text"), [(-0.0123, "−$0.0123"), (-12.0, "−$12.00"), (-1234.0, "−$1,234")])  # noqa: RUF001
def test_a_loss_has_a_sign(amount: float, text: str) -> None:
    """What pays for speed costs more than it saves."""
    assert text == money_text(amount)
