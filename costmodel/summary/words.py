"""Say numbers in words and figures, with no more digits than the draws behind them support.

A mean over draws is only known up to its Monte Carlo standard error, so a digit smaller than about twice that
error is noise and isn't shown.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal

from costmodel.summary.draws import Estimate

MOST_DIGITS = 3  # nobody acts on a fourth digit of a number that is uncertain by a factor of four
BOUND_DIGITS = 2  # a 5% or 95% quantile has a larger Monte Carlo error than the mean
DIGIT_PER_ERROR = 2.0  # the last kept digit is worth about this many Monte Carlo errors or more
SLACK = 0.2  # decades of "about": a digit worth 1.3 errors stays, for the next one up is worth 13
SKEWED = 1.5  # mean over median from which both are printed
PERCENT_STEPS = (1, 5, 10)  # as people round percents
SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
UNKNOWN = "n/a"
UNSAID = {"ratio", "share", "probability"}  # units that a number doesn't carry in speech
_MONEY = re.compile(r"(?P<currency>[A-Z]{3})(?: ?\d{4}(?:\.\d+)?)?(?P<yearly>/year)?")


def printed(value: float, mcse: float, *, digits: int = MOST_DIGITS) -> str:
    """Write a number with the digits that its Monte Carlo error supports.

    The last digit kept is worth about twice the Monte Carlo error or more, and there are at most three
    digits. A number that its error hides altogether is "about 0"; only an exact zero is "0".

    Args:
        value: A mean over draws, or a number that is not simulated.
        mcse: Its Monte Carlo standard error [unit of `value`]; 0 for a number that is not simulated. A
            missing error leaves one digit.
        digits: The most significant digits to keep, at least 1.

    Returns:
        The number with commas between thousands.

    Example:
        >>> printed(1234567, 6000), printed(0.123456, 0), printed(3, 5), printed(0, 0)
        ('1,230,000', '0.123', 'about 0', '0')
    """
    if not math.isfinite(value):
        return UNKNOWN
    return _written(value, _last_place(value, mcse, digits))


def spoken(value: float, unit: str = "", *, mcse: float = 0.0, digits: int = MOST_DIGITS) -> str:
    """Say an amount as people say it aloud.

    Args:
        value: The amount, in plain units [`unit`].
        unit: A currency code, optionally with the price year ("EUR2024") and "/year"; any other unit is put
            behind the number as it is, but for "ratio", "share" and "probability".
        mcse: Monte Carlo standard error [`unit`].
        digits: The most significant digits to keep.

    Returns:
        For example "EUR 1.2 billion"; the price year is left to the caption.

    Example:
        >>> spoken(1_234_000_000, "EUR2024", mcse=40_000_000)
        'EUR 1.2 billion'
        >>> spoken(-52_100, "persons"), spoken(999_900_000, "EUR/year")
        ('minus 52,100 persons', 'EUR 1.00 billion a year')
    """
    if not math.isfinite(value):
        return UNKNOWN
    place = _last_place(value, mcse, digits)
    return _in_words(value, unit, place)


def interval(estimate: Estimate, unit: str = "") -> str:
    """Say a 90% interval, each end with two digits at most.

    Neither end carries more digits than the mean does, unless the error of the mean, doubled for a quantile,
    supports them.

    Args:
        estimate: What is known of the quantity [`unit`].
        unit: As in `spoken`.

    Returns:
        For example "EUR 43 million to EUR 4.1 billion".

    Example:
        >>> interval(Estimate(1.2e9, 4.31e7, 8e8, 4.13e9, 3e7), "EUR2024")
        'EUR 43 million to EUR 4.1 billion'
        >>> interval(Estimate(1.2e9, 4.31e8, 8e8, 9.1e8, 3e7), "EUR2024")
        'EUR 430 to 910 million'
    """
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return UNKNOWN
    if estimate.low == estimate.high:
        return f"exactly {spoken(estimate.low, unit)}"
    places = [_bound_place(bound, estimate) for bound in (estimate.low, estimate.high)]
    low, high = (
        _in_words(bound, unit, place)
        for bound, place in zip((estimate.low, estimate.high), places, strict=True)
    )
    return _joined(low, high)


def is_skewed(estimate: Estimate) -> bool:
    """Tell whether mean and median differ so much that both must be printed.

    Args:
        estimate: What is known of the quantity.

    Returns:
        True if they differ in sign, or by more than a factor of 1.5.

    Example:
        >>> is_skewed(Estimate(16.0, 1.0, 10.0, 50.0, 0.1)), is_skewed(Estimate(14.0, 1.0, 10.0, 50.0, 0.1))
        (True, False)
    """
    mean, mid = estimate.mean, estimate.mid
    if mean == mid or not (math.isfinite(mean) and math.isfinite(mid)):
        return False
    if mean * mid <= 0:
        return True
    return max(mean / mid, mid / mean) > SKEWED


def central(estimate: Estimate, unit: str = "") -> str:
    """Say the mean, and the median too where the two differ by more than a factor of 1.5.

    Args:
        estimate: What is known of the quantity [`unit`].
        unit: As in `spoken`.

    Returns:
        For example "EUR 1.2 billion (median EUR 640 million)".

    Example:
        >>> central(Estimate(1.2e9, 4e7, 6.4e8, 4e9, 2e7), "EUR")
        'EUR 1.2 billion (median EUR 640 million)'
    """
    mean = spoken(estimate.mean, unit, mcse=estimate.mcse)
    if not is_skewed(estimate):
        return mean
    return f"{mean} (median {spoken(estimate.mid, unit, digits=BOUND_DIGITS)})"


def stated(estimate: Estimate, unit: str = "") -> str:
    """Say an estimate for a sentence: its mean, its median if it differs much, and its 90% interval.

    Args:
        estimate: What is known of the quantity [`unit`].
        unit: As in `spoken`.

    Returns:
        For example "EUR 1.2 billion (90% interval EUR 0.3 to 4.1 billion)".

    Example:
        >>> stated(Estimate(1.2e9, 4e7, 6.4e8, 4e9, 2e7), "EUR")
        'EUR 1.2 billion (median EUR 640 million; 90% interval EUR 40 million to EUR 4.0 billion)'
    """
    if estimate.low == estimate.high == estimate.mean:
        return interval(estimate, unit)
    said = f"90% interval {interval(estimate, unit)})"
    main = central(estimate, unit)
    return f"{main[:-1]}; {said}" if main.endswith(")") else f"{main} ({said}"


def percent(share: float, mcse: float = 0.0) -> str:
    """Say a share or a probability in percent, never as certain unless it is exactly 0 or 1.

    Args:
        share: Between 0 and 1.
        mcse: Monte Carlo standard error [as `share`].

    Returns:
        Whole percents where the error supports them, else steps of 5 or 10.

    Example:
        >>> percent(0.312, 0.004), percent(0.9996, 0.0002), percent(0.0), percent(0.312, 0.02)
        ('31%', 'more than 99%', '0%', '30%')
    """
    if not math.isfinite(share):
        return UNKNOWN
    if 0 < share < 0.01:
        return "less than 1%"
    if 0.99 < share < 1:
        return "more than 99%"
    wanted = DIGIT_PER_ERROR * 100 * mcse * 10**-SLACK
    step = next((step for step in PERCENT_STEPS if step >= wanted), PERCENT_STEPS[-1])
    rounded = step * round(100 * share / step)
    # an error mustn't turn what is merely likely into what is certain
    certain = rounded in (0, 100) and share not in (0, 1)
    return f"{round(100 * share) if certain else rounded}%"


def _top_place(value: float) -> int:
    """Power of ten of the first significant digit."""
    return math.floor(math.log10(abs(value)))


def _supported_place(mcse: float) -> int:
    """Power of ten of the finest digit that a Monte Carlo error supports."""
    return math.ceil(math.log10(DIGIT_PER_ERROR * mcse) - SLACK)


def _last_place(value: float, mcse: float, digits: int) -> int:
    """Power of ten of the last digit to keep."""
    if value == 0:
        return 0
    if math.isnan(mcse):
        return _top_place(value)
    finest = _top_place(value) - digits + 1
    if abs(_rounded(value, finest)) >= 10 ** (_top_place(value) + 1):
        finest += 1  # 999.9 becomes 1000, one digit more than was asked for
    return max(finest, _supported_place(mcse)) if mcse > 0 else finest


def _bound_place(bound: float, estimate: Estimate) -> int:
    """Power of ten of the last digit to keep of a quantile."""
    if bound == 0:
        return 0
    mean, mcse = estimate.mean, estimate.mcse
    kept = 1
    if mean != 0 and math.isfinite(mean):
        kept = _top_place(mean) - _last_place(mean, mcse, MOST_DIGITS) + 1
    top = _top_place(bound)
    relative = top - min(max(kept, 1), BOUND_DIGITS) + 1
    absolute = _supported_place(2 * mcse) if mcse > 0 else relative
    return max(min(relative, absolute), top - BOUND_DIGITS + 1)


def _rounded(value: float, place: int) -> Decimal:
    """Round to a power of ten, halves to even, free of binary surprises."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)


def _written(value: float, place: int) -> str:
    """Write a number that is rounded to a power of ten."""
    rounded = _rounded(value, place)
    if rounded == 0:
        return "0" if value == 0 else "about 0"
    return f"{rounded:,.{max(0, -place)}f}"


def _in_words(value: float, unit: str, place: int) -> str:
    """Write a number with its scale word, its unit and its sign as they are said."""
    rounded = float(_rounded(value, place))
    money = _MONEY.fullmatch(unit)
    before = f"{money['currency']} " if money else ""
    after = (
        (" a year" if money["yearly"] else "")
        if money
        else (f" {unit}" if unit and unit not in UNSAID else "")
    )
    if rounded == 0:
        return f"{'about ' if value else ''}{before}0{after}"
    factor, word = next(((f, f" {w}") for f, w in SCALES if abs(rounded) >= f), (1.0, ""))
    decimals = max(0, round(math.log10(factor)) - place)
    sign = "minus " if rounded < 0 else ""
    return f"{sign}{before}{abs(rounded) / factor:,.{decimals}f}{word}{after}"


def _joined(low: str, high: str) -> str:
    """Join two spoken amounts; unit and scale word are said once where both share them."""
    first, last = low.split(" "), high.split(" ")
    if "minus" in (first[0], last[0]) or "about" in (first[0], last[0]):
        return f"{low} to {high}"
    number = next((i for i, word in enumerate(last) if word[0].isdigit()), 0)
    same = len(first) == len(last) and first[:number] == last[:number]
    if same and first[number + 1 :] == last[number + 1 :]:
        return " ".join([*first[: number + 1], "to", *last[number:]])
    return f"{low} to {high}"
