"""From figures as printed to multiples of GDP: what a statement says, per victim, in money of the place.

Money has one order: per victim, into the currency of the place at its price year, over GDP per capita there.
Nothing here is estimated.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from costmodel import lifetime
from costmodel.errors import EvidenceError
from costmodel.evidence import prices as price_table
from costmodel.evidence.register import Evidence

Array = NDArray[np.float64]

TANGIBLE = ("coordination", "law", "services", "health", "output")
COMPONENTS = (*TANGIBLE, "quality")
FORMS = ("sexual", "labour", "other")
GROUPS = tuple(
    (form, sex, age) for form in ("any", *FORMS) for sex in ("female", "male") for age in ("child", "adult")
)
SEVERITY_CLASSES = ("maltreatment", "csa", "cse", "trafficking")
#: The life table behind the horizon of lost output in the studies, which are all of high-income places.
REFERENCE_LIFE_TABLE = "GBR"


#: A range, which states no level, is read as from 5 to 95%.
RANGE_LEVEL = 0.90


def log_sd(low: float, high: float, *, level: float = RANGE_LEVEL) -> float:
    """Standard deviation of a log-normal from the ends of an interval [log].

    Args:
        low: Lower end, above 0.
        high: Upper end.
        level: Probability inside; a range where it is not given (NaN).

    Returns:
        log(high / low) over twice the quantile of the normal.
    """
    inside = level if np.isfinite(level) else RANGE_LEVEL
    return float(np.log(high / low) / (2 * stats.norm.ppf(0.5 + inside / 2)))


def level(row: pd.Series) -> tuple[float, float]:
    """Centre and own error of a printed figure (MODEL.md eq. 1).

    Args:
        row: An anchor row; an interval is read as the 95% interval of a log-normal, a range as 5-95%.

    Returns:
        The figure as printed, the median of an interval, or the middle of a range without a point on the log
        scale, in the row's unit; its own log-SD: that of the interval or `own_sd`, whichever is wider, 0 where
        there is neither.

    Raises:
        EvidenceError: If the statement gives neither a point nor both ends.
    """
    if row.statement in ("interval", "range") and row.low > 0 and row.high > 0:
        inside = {"interval": 0.95, "range": RANGE_LEVEL}[row.statement]
        spread = log_sd(row.low, row.high, level=inside)
        # The ends of scenarios say nothing of their centre; those of an interval do.
        printed = row.statement == "range" and np.isfinite(row.value)
        centre = float(row.value) if printed else float(np.sqrt(row.low * row.high))
        return centre, max(spread, float(np.nan_to_num(row.own_sd)))
    for value in (row.value, row.low, row.high):
        if np.isfinite(value):
            return float(value), float(np.nan_to_num(row.own_sd))
    raise EvidenceError(f"anchors.csv, row {row.name}: no value; give value, or low and high")


def grade_sd(row: pd.Series, evidence: Evidence) -> float:
    """Error that the grade of a row adds to its own (MODEL.md eq. 1) [log].

    None for a ratio within a study: what makes a figure weak (its scope, its year) is on both sides and cancels.
    """
    if row.get("measure") == "ratio":
        return 0.0
    return float(evidence.grades.at[row.grade, "error_sd"])


def victims_of(row: pd.Series, evidence: Evidence) -> tuple[float, float]:
    """Victims that a total is shared by, and the error of their number (MODEL.md eq. 1).

    Returns:
        Persons and log-SD, the grade of the count included; 1 and 0 for a figure that is per victim already.
    """
    if not row.per:
        return 1.0, 0.0
    count = evidence.anchors.loc[row.per]
    persons, own = level(count)
    return persons, float(np.hypot(own, grade_sd(count, evidence)))


def printed_error(row: pd.Series, evidence: Evidence) -> float:
    """Error of a figure before any model: its own, that of its count of victims, that of its grade [log]."""
    return float(np.hypot(np.hypot(level(row)[1], victims_of(row, evidence)[1]), grade_sd(row, evidence)))


def conversion_rate(row: pd.Series, evidence: Evidence) -> float:
    """Units of the place's own currency for one unit of the row's, in its price year (MODEL.md, prices).

    Args:
        row: An anchor row of money; `conversion` names the rate where the currency is not the place's own.
        evidence: Country facts and prices.

    Returns:
        1 for money of the place itself.

    Raises:
        EvidenceError: If a rate is missing: which, and what to do.
    """
    own = price_table.own_currency(row.geography, countries=evidence.countries)
    if row.currency in ("", own):
        return 1.0
    with _named(row, evidence):
        return price_table.convert(
            1.0,
            from_area=price_table.currency_area(row.currency, countries=evidence.countries),
            to_area=row.geography,
            year=row.price_year,
            prices=evidence.prices,
            method=row.conversion,
        )


@contextmanager
def _named(row: pd.Series, evidence: Evidence) -> Iterator[None]:
    """Name the row of an anchor in the message of an error that knows only the price that is missing."""
    place = f"{evidence.origin.get(f'anchors.{row.name}', 'anchors.csv')}, row {row.name}"
    if row.geography not in evidence.prices.index.levels[0]:
        raise EvidenceError(
            f"{place}: the evidence holds no prices for {row.geography}; enter the figure as a share of GDP, or for a "
            "place of prices.csv"
        )
    try:
        yield
    except EvidenceError as error:
        raise EvidenceError(f"{place}: {error}") from None


def gdp_per_capita_of(row: pd.Series, evidence: Evidence) -> float:
    """GDP per capita of a row's place in its price year [own currency/person/year]."""
    with _named(row, evidence):
        return price_table.gdp_per_capita(row.geography, year=row.price_year, prices=evidence.prices)


def gdp_of(row: pd.Series, evidence: Evidence) -> float:
    """GDP of a row's place in its price year [own currency/year]."""
    with _named(row, evidence):
        return price_table.gdp(row.geography, year=row.price_year, prices=evidence.prices)


def gdp_per_capita_multiple(row: pd.Series, *, evidence: Evidence) -> float:
    """Cost per victim over GDP per capita of the same place and price year (MODEL.md eq. 1) [1].

    A total is first shared by the victims of its row `per`; money of another currency is converted once.

    Raises:
        EvidenceError: If the row has no value, a price is missing, or the result is off by orders of magnitude.
    """
    value = level(row)[0] / victims_of(row, evidence)[0] * conversion_rate(row, evidence)
    multiple = value / gdp_per_capita_of(row, evidence)
    _check_plausible(multiple, LIKELY_MULTIPLES, "GDP per capita a victim", row=row, evidence=evidence)
    return multiple


#: Outside these a slip of unit or currency is likelier than a finding: levels of the register lie from 1 to 12 GDP
#: per capita, its shares of GDP from 0.007 to 0.08.
LIKELY_MULTIPLES, LIKELY_SHARES = (1e-3, 1e4), (1e-7, 1.0)


def _check_plausible(
    found: float, likely: tuple[float, float], what: str, *, row: pd.Series, evidence: Evidence
) -> None:
    """Refuse a figure that is off by orders of magnitude."""
    if not likely[0] <= found <= likely[1]:
        place = f"{evidence.origin.get(f'anchors.{row.name}', 'anchors.csv')}, row {row.name}"
        raise EvidenceError(
            f"{place}: comes to {found:.2g} {what}; check value, unit, currency and price_year, or set role context"
        )


def share_of_gdp(row: pd.Series, *, evidence: Evidence) -> float:
    """An annual figure over GDP of the same place and price year (MODEL.md eq. 17) [share of GDP].

    Raises:
        EvidenceError: As `gdp_per_capita_multiple`.
    """
    share, _ = level(row)
    if row.unit != "share of GDP":
        share *= conversion_rate(row, evidence) / gdp_of(row, evidence)
    _check_plausible(share, LIKELY_SHARES, "of GDP", row=row, evidence=evidence)
    return share


def constant(evidence: Evidence, name: str) -> float:
    """A named constant of `constants.csv`."""
    return float(evidence.constants.at[name, "value"])


def survivors(evidence: Evidence, iso3: str) -> Array:
    """Survivors by single year of age of a country, dims (age,) [share of births].

    Raises:
        EvidenceError: If the country has no life table.
    """
    if iso3 not in evidence.lifetables.index.get_level_values("iso3"):
        raise EvidenceError(
            f"lifetables.csv: no life table for {iso3}; lost output cannot be timed without one"
        )
    table = evidence.lifetables.loc[iso3]
    return lifetime.single_ages(table.index.to_numpy(), table["survivors"].to_numpy())


def earnings(evidence: Evidence) -> Array:
    """Earnings by single year of age relative to their peak, dims (age,) [1]."""
    profile = evidence.earnings_profile
    by_age = lifetime.single_ages(profile["age"], profile["earnings"])
    ages = np.arange(by_age.size)
    return np.where((ages < profile["age"].min()) | (ages > profile["age"].max()), 0.0, by_age)


def working_life(evidence: Evidence, country: str) -> float:
    """Expected working life of a child survivor against that of the place of the studies (MODEL.md eq. 6) [1]."""
    age, pay = int(constant(evidence, "age_exit_child")), earnings(evidence)
    own, reference = (
        lifetime.earnings_weights(age, survivors=survivors(evidence, place), earnings=pay).sum()
        for place in (country, REFERENCE_LIFE_TABLE)
    )
    return float(own / reference)
