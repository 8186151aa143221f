"""From figures as printed to model units: multiples of GDP per capita, masks, mixes and discounting.

Nothing here is estimated: every attribute of a study (scope, mix, discount rate, value of a QALY) is read
from its row.
"""

from dataclasses import dataclass

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
#: Rows that state one side of a contrast within a study, not a level: numerator -> denominator.
CONTRASTS = {"eu_thb_2020_eu28_female_unit": "eu_thb_2020_eu28_male_unit"}
#: The life table behind the horizon of lost output in the studies, which are all of high-income places.
REFERENCE_LIFE_TABLE = "GBR"


@dataclass(frozen=True)
class UnitCostData:
    """Unit-cost rows in model units; row dims follow `ids`.

    Attributes:
        ids: Anchor ids, dims (row,).
        log_multiple: log(unit cost / GDP per capita of place and price year), dims (row,) [log].
        own_sd: Error of the figure itself on the log scale, dims (row,) [log].
        mask: Components inside the figure, dims (row, component) [0 or 1]; order of `COMPONENTS`.
        transfers: Welfare payments inside the figure, dims (row,) [0 or 1].
        mix: Victim mix of the study, dims (row, group) [share]; order of `GROUPS`.
        net_rate: Discount rate less growth of values in the study, dims (row,) [1/year].
        output_factor: Horizon and discounting of lost output relative to an undiscounted child victim,
            dims (row, group) [1].
        registered: Share of the costed victims who were registered, dims (row,) [share].
        severity: Severity class, dims (row,).
        value_of_qaly: Name of the prior of the study's value of a QALY, "" where the figure holds none.
        cluster: Rows that share a deviation from the mean of studies, dims (row,).
        train: Whether the row enters the likelihood, dims (row,) [bool].
    """

    ids: tuple[str, ...]
    log_multiple: Array
    own_sd: Array
    mask: Array
    transfers: Array
    mix: Array
    net_rate: Array
    output_factor: Array
    registered: Array
    severity: tuple[str, ...]
    value_of_qaly: tuple[str, ...]
    cluster: tuple[str, ...]
    train: NDArray[np.bool_]


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
        The figure as printed, or the median of the interval, in the row's unit; its own log-SD.

    Raises:
        EvidenceError: If the statement gives neither a point nor both ends.
    """
    if row.statement in ("interval", "range") and row.low > 0 and row.high > 0:
        inside = {"interval": 0.95, "range": RANGE_LEVEL}[row.statement]
        return float(np.sqrt(row.low * row.high)), log_sd(row.low, row.high, level=inside)
    for value in (row.value, row.low, row.high):
        if np.isfinite(value):
            return float(value), float(row.own_sd)
    raise EvidenceError(f"anchors.csv, row {row.name}: no value; give value, or low and high")


def gdp_per_capita_multiple(row: pd.Series, *, evidence: Evidence) -> float:
    """Printed unit cost over GDP per capita of the same place and price year (MODEL.md eq. 1) [1]."""
    value, _ = level(row)
    return value / price_table.gdp_per_capita(row.geography, year=row.price_year, prices=evidence.prices)


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


def _output_factors(row: pd.Series, evidence: Evidence) -> Array:
    """Lost output of each group under the study's net rate, relative to a child victim undiscounted."""
    alive, pay = survivors(evidence, REFERENCE_LIFE_TABLE), earnings(evidence)
    child_age = int(constant(evidence, "age_exit_child"))
    reference = lifetime.earnings_weights(child_age, survivors=alive, earnings=pay).sum()
    factors = []
    for form, _, age in GROUPS:
        exit_age = {
            "adult": "age_exit_adult",
            "child": "age_maltreatment" if form == "any" else "age_exit_child",
        }[age]
        weights = lifetime.earnings_weights(int(constant(evidence, exit_age)), survivors=alive, earnings=pay)
        net_rate = row.discount_rate - row.value_growth
        # A child victim of any age loses the same working life; only an adult has a shorter one left.
        horizon = weights.sum() / reference if age == "adult" else 1.0
        factors.append(horizon * float(lifetime.profile_discount(weights, net_rate)))
    return np.array(factors)


def _mix(name: str, evidence: Evidence) -> Array:
    rows = evidence.mixes[evidence.mixes["mix"] == name]
    if rows.empty:
        raise EvidenceError(f"mixes.csv: no mix {name!r}, which anchors.csv names")
    shares = {(row.form, row.sex, row.age): row.share for row in rows.itertuples()}
    return np.array([shares.get(group, 0.0) for group in GROUPS])


def unit_cost_data(evidence: Evidence) -> UnitCostData:
    """Unit-cost levels of `train` and `holdout` in model units (MODEL.md section 2).

    Within-study contrasts and totals are left out: see `female_male_contrast` and `intangible_ratio`.
    """
    table = evidence.anchors
    chosen = table[
        (table["module"] == "unit_cost")
        & table["measure"].isin(["incident_lifetime", "fiscal"])
        & table["role"].isin(["train", "holdout"])
        & table["unit"].str.contains("/")
    ]
    rows = [row for _, row in chosen.iterrows()]
    if not any(row.role == "train" for row in rows):
        raise EvidenceError(
            "anchors.csv: no unit-cost row has role train; the unit-cost model needs at least one"
        )
    for row in rows:
        if row.role == "train" and row.statement in ("at_least", "at_most"):
            raise EvidenceError(
                f"anchors.csv, row {row.name}: a one-sided unit cost cannot train the model; make its role context"
            )
    masks = [row.components.split() for row in rows]
    return UnitCostData(
        ids=tuple(str(row.name) for row in rows),
        log_multiple=np.array([np.log(gdp_per_capita_multiple(row, evidence=evidence)) for row in rows]),
        own_sd=np.array([level(row)[1] for row in rows]),
        mask=np.array([[float(component in mask) for component in COMPONENTS] for mask in masks]),
        transfers=np.array([float("transfers" in mask) for mask in masks]),
        mix=np.array([_mix(row.mix, evidence) for row in rows]),
        net_rate=np.array([row.discount_rate - row.value_growth for row in rows]),
        output_factor=np.array([_output_factors(row, evidence) for row in rows]),
        registered=np.array([row.registered_share for row in rows]),
        severity=tuple(row.severity_class for row in rows),
        value_of_qaly=tuple(
            row.qaly_value if "quality" in mask else "" for row, mask in zip(rows, masks, strict=True)
        ),
        cluster=tuple(row.cluster for row in rows),
        train=np.array([row.role == "train" for row in rows]),
    )


@dataclass(frozen=True)
class Contrast:
    """A ratio within one study: common errors cancel (MODEL.md eq. 8)."""

    id: str
    log_ratio: float
    sd: float
    numerator: Array
    denominator: Array
    value_of_qaly: str
    net_rate: float
    output_factor: Array


def female_male_contrast(evidence: Evidence) -> Contrast:
    """Female over male unit cost of the EU study, with the mixes of each sex [log]."""
    (top_id, bottom_id), *_ = CONTRASTS.items()
    top, bottom = evidence.anchors.loc[top_id], evidence.anchors.loc[bottom_id]
    mix = _mix(top["mix"], evidence)
    female = np.array([sex == "female" for _, sex, _ in GROUPS])
    return Contrast(
        id=top_id,
        log_ratio=float(np.log(top["value"] / bottom["value"])),
        sd=float(top["own_sd"]),
        numerator=np.where(female, mix, 0.0) / mix[female].sum(),
        denominator=np.where(~female, mix, 0.0) / mix[~female].sum(),
        value_of_qaly=top["qaly_value"],
        net_rate=float(top["discount_rate"] - top["value_growth"]),
        output_factor=_output_factors(top, evidence),
    )


def intangible_ratio(evidence: Evidence) -> pd.Series:
    """The US ratio of intangible to tangible cost, its own row: it enters through QALYs lost."""
    return evidence.anchors.loc["us_cm_2018_ratio"]
