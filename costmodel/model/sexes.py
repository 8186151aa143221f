"""Girls among registered child victims: which rows count, and their likelihood (MODEL.md section 3, eq. 15c, 15d)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from costmodel.evidence.harmonise import FORMS
from costmodel.model.prevalence import MASKED_MAX
from costmodel.model.priors import Priors, variable

Index = NDArray[np.int64]


@dataclass(frozen=True)
class SexData:
    """Yearly registered child victims by sex; a row in which both sexes are masked carries nothing and is left out.

    Attributes:
        country: Country of each row in which both sexes are exact, dims (row,).
        girls: Girls of these rows, dims (row,) [persons].
        both: Girls and boys of these rows, dims (row,) [persons].
        masked_country: Country of each row in which one sex is masked, dims (masked,).
        known: Children of the exact sex of these rows, dims (masked,) [persons].
        known_girls: Whether the exact sex is girls, dims (masked,) [bool].
    """

    country: Index
    girls: Index
    both: Index
    masked_country: Index
    known: Index
    known_girls: NDArray[np.bool_]


def usable_rows(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows with girls and boys of which at least one is exact, and somebody counted."""
    rows = counts.dropna(subset=["girls_low", "girls_high", "boys_low", "boys_high"])
    exact = (rows["girls_low"] == rows["girls_high"]) | (rows["boys_low"] == rows["boys_high"])
    return rows[exact & (rows["girls_high"] + rows["boys_high"] > 0)]


def sex_data(counts: pd.DataFrame, countries: tuple[str, ...]) -> SexData:
    """Rows in model order.

    Args:
        counts: Table `counts` of the evidence, countries of the model only.
        countries: Countries of the model; all of those with a usable row are among them.

    Returns:
        Exact rows and rows with one masked sex.
    """
    rows = usable_rows(counts)
    country = rows["iso3"].map({iso3: i for i, iso3 in enumerate(countries)}).to_numpy(dtype=np.int64)
    girls, boys = (rows[f"{sex}_low"].to_numpy(dtype=np.int64) for sex in ("girls", "boys"))
    known_girls = (rows["girls_low"] == rows["girls_high"]).to_numpy()
    exact = known_girls & (rows["boys_low"] == rows["boys_high"]).to_numpy()
    return SexData(
        country=country[exact],
        girls=girls[exact],
        both=(girls + boys)[exact],
        masked_country=country[~exact],
        known=np.where(known_girls, girls, boys)[~exact],
        known_girls=known_girls[~exact],
    )


def _log_beta(a: Any, b: Any) -> Any:
    return pt.gammaln(a) + pt.gammaln(b) - pt.gammaln(a + b)


def _log_known(value: Any, alpha: Any, beta: Any, least: Any) -> Any:
    """Log probability of a count of one sex among `least` to `least` + `MASKED_MAX` children, each total alike.

    The totals follow one another by a ratio of probabilities, which spares four gamma functions in five. No count of
    the evidence is above `least`; draws of the model are.
    """
    first = pt.maximum(least, value)  # a total below the count is impossible
    rest = first - value
    choose = -pt.log(first + 1) - _log_beta(value + 1, rest + 1)
    series = pt.ones_like(alpha)
    for k in range(MASKED_MAX, 0, -1):
        ratio = (first + k) / (rest + k) * (rest + k - 1 + beta) / (first + k - 1 + alpha + beta)
        series = 1 + pt.switch(first + k <= least + MASKED_MAX, ratio * series, 0.0)
    found = choose + _log_beta(value + alpha, rest + beta) - _log_beta(alpha, beta) + pt.log(series)
    return pt.switch(value <= least + MASKED_MAX, found - np.log(MASKED_MAX + 1), -np.inf)


def _draw_known(alpha: Any, beta: Any, least: Any, rng: np.random.Generator, size: Any = None) -> Any:
    total = least + rng.integers(0, MASKED_MAX + 1, size=size if size is not None else np.shape(alpha))
    return rng.binomial(total, rng.beta(alpha, beta, size=size))


def girl_log_odds(priors: Priors, region_of: Index) -> Any:
    """Log odds of a girl among registered children of a form, dims (country, form) (MODEL.md eq. 15c).

    Args:
        priors: Priors by name.
        region_of: Region of each country, dims (country,).

    Returns:
        Of the form, plus what region and country add to every form alike.
    """
    form = pt.stack([variable(priors, f"girl_form_{name}") for name in FORMS])
    region = variable(priors, "girl_region", dims="region")
    deviation = pm.Normal("girl_deviation", 0, 1, dims="country")
    place = region[region_of] + variable(priors, "girl_country_sd") * deviation
    return pm.Deterministic("girl_log_odds", form[None, :] + place[:, None], dims=("country", "form"))


def observe_sexes(data: SexData, share: Any, log_odds: Any, priors: Priors) -> None:
    """Girls among girls and boys of a country and year; a masked cell is 0 to `MASKED_MAX` (MODEL.md eq. 15d).

    Given the exact sex, the total is one of five that are taken for equally likely: how many are registered is
    no matter of this sub-model. What is masked is summed over, never filled from the total of children.

    Args:
        data: Rows.
        share: Share of each form, dims (country, form).
        log_odds: As from `girl_log_odds`.
        priors: Priors by name.
    """
    girl = (share * pt.sigmoid(log_odds)).sum(axis=1)
    concentration = variable(priors, "girl_concentration")
    if data.country.size:
        exact = girl[data.country]
        pm.BetaBinomial(
            "registered_girls",
            n=data.both,
            alpha=concentration * exact,
            beta=concentration * (1 - exact),
            observed=data.girls,
        )
    if data.masked_country.size:
        of_masked = girl[data.masked_country]
        known = pt.switch(data.known_girls, of_masked, 1 - of_masked)
        pm.CustomDist(
            "registered_sex_masked",
            concentration * known,
            concentration * (1 - known),
            data.known,
            logp=_log_known,
            random=_draw_known,
            observed=data.known,
            dtype="int64",
        )
