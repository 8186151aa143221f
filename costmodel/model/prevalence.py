"""Incidence and detection from registered counts and multiple-systems estimates (MODEL.md section 3).

Counts identify incidence x detection only. Their sum on the log scale, s, is sampled; its split into
incidence and detection follows the prior, and is sampled with it only where an estimate of the hidden
population speaks to it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from costmodel.errors import EvidenceError
from costmodel.evidence import harmonise
from costmodel.evidence.lists import CaptureTable
from costmodel.evidence.register import Evidence
from costmodel.model.captures import observe_total
from costmodel.model.priors import Prior, Priors, variable

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Largest count that a masked cell ("<5") can hide.
MASKED_MAX = 4
NATIONAL = "national"


@dataclass(frozen=True)
class CountData:
    """Registered child victims in model order; dims (row,) unless said otherwise.

    Attributes:
        countries: Countries with at least one count.
        subregions: All subregions of the country table.
        years: Calendar years of the counts; the last is the year of the level.
        subregion_of: Subregion of each country of `countries`, dims (country,).
        country, subregion, year: Indices of each row.
        exact: Whether the count is exact; otherwise it is 0 to `MASKED_MAX`.
        registered: Count, `MASKED_MAX` where masked [persons/year].
        children: Children 0-17 [persons].
        regimes: Definition regimes other than each country's own last one.
        regime: Index into `regimes`, -1 for the regime of the level.
    """

    countries: tuple[str, ...]
    subregions: tuple[str, ...]
    years: Index
    subregion_of: Index
    country: Index
    subregion: Index
    year: Index
    exact: NDArray[np.bool_]
    registered: Array
    children: Array
    regimes: tuple[str, ...]
    regime: Index


def count_data(evidence: Evidence) -> CountData:
    """Counts with a denominator, in model order."""
    table = evidence.counts.dropna(subset=["children_low", "children_high"]).copy()
    table = table[table["iso3"].isin(evidence.countries.index)]
    children = evidence.children["children"]
    keys = list(zip(table["iso3"], table["year"], strict=True))
    table["children_0_17"] = [children.get(key, np.nan) for key in keys]
    table = table.dropna(subset=["children_0_17"]).sort_values(["iso3", "year"])
    countries = tuple(sorted(table["iso3"].unique()))
    subregions = tuple(sorted(evidence.countries["subregion"].unique()))
    subregion_of = np.array(
        [subregions.index(evidence.countries.at[iso3, "subregion"]) for iso3 in countries]
    )
    country = table["iso3"].map({iso3: i for i, iso3 in enumerate(countries)}).to_numpy()
    last = table.groupby("iso3")["regime"].transform("last")
    earlier = table["regime"] != last
    regimes = tuple(sorted(table.loc[earlier, "regime"].unique()))
    years = np.arange(int(table["year"].min()), int(table["year"].max()) + 1)
    return CountData(
        countries=countries,
        subregions=subregions,
        years=years,
        subregion_of=subregion_of,
        country=country,
        subregion=subregion_of[country],
        year=table["year"].to_numpy() - years[0],
        exact=(table["children_low"] == table["children_high"]).to_numpy(),
        registered=table["children_high"].to_numpy(dtype=float),
        children=table["children_0_17"].to_numpy(dtype=float),
        regimes=regimes,
        regime=np.array(
            [
                regimes.index(name) if early else -1
                for name, early in zip(table["regime"], earlier, strict=True)
            ]
        ),
    )


def capacity(evidence: Evidence) -> pd.Series:
    """Detection capacity: log GDP per capita, standardised, 0 where unknown; index iso3 [SD]."""
    log_gdp = np.log(evidence.countries["gdp_per_capita_usd"].astype(float))
    return ((log_gdp - log_gdp.mean()) / log_gdp.std()).fillna(0.0)


@dataclass(frozen=True)
class HiddenEstimates:
    """Published multiple-systems estimates; dims (estimate,).

    Attributes:
        ids: Rows of estimates.csv.
        lists: Overlapping lists behind each row, None where only its result is known.
        country: Index into the countries with counts.
        place: Index into the distinct countries that have an estimate.
        year: Index of the middle year of the window.
        log_total: Log of the estimate [log persons in the window].
        sd: Log-SD of its own interval.
        window: Length of the window [years].
        log_all_per_child: Log of registered victims of all ages over registered child victims in the window.
        log_children: Log children in the middle year.
        log_registered: Log of the registered victims of all ages in the window [log persons].
        train: Whether the row enters the likelihood [bool]; a held-out one is predicted.
        seen_window: Length of the window in which the lists behind the row were kept [years].
        grade_sd: Log-SD that the grade of the row adds; part of `sd`.
    """

    ids: tuple[str, ...]
    lists: tuple[CaptureTable | None, ...]
    country: Index
    place: Index
    year: Index
    log_total: Array
    sd: Array
    window: Array
    log_all_per_child: Array
    log_children: Array
    log_registered: Array
    train: NDArray[np.bool_]
    seen_window: Array
    grade_sd: Array


def _window_counts(row: pd.Series, evidence: Evidence) -> tuple[float, float]:
    counts = evidence.counts
    inside = counts[(counts["iso3"] == row.area) & counts["year"].between(row.year_start, row.year_end)]
    both = inside.dropna(subset=["children_low", "children_high", "victims_low", "victims_high"])
    if not both["children_high"].sum() > 0:
        raise EvidenceError(
            f"estimates.csv, row {row.name}: no registered child in its window, or no victims by age; use role "
            "context"
        )
    middle = {
        name: (both[f"{name}_low"] + both[f"{name}_high"]).sum() / 2 for name in ("victims", "children")
    }
    return middle["victims"] / len(both), middle["children"] / len(both)


def hidden_estimates(evidence: Evidence, data: CountData) -> HiddenEstimates:
    """Estimates with role `train` or `holdout`, each as a total for its window, all ages."""
    rows = evidence.estimates[evidence.estimates["role"].isin(["train", "holdout"])]
    parts = []
    for _, row in rows.iterrows():
        victims, children = _window_counts(row, evidence)
        low, high = row.low, row.high
        centre = row.value if np.isfinite(row.value) else np.sqrt(low * high)
        own = harmonise.log_sd(low, high, level=row.interval_level) if np.isfinite([low, high]).all() else 0.0
        grade = harmonise.grade_sd(row, evidence)
        scale = victims if row.unit == "ratio to registered" else 1.0
        window = row.window_years if row.unit == "persons/window" else 1.0
        middle = round((row.year_start + row.year_end) / 2)
        parts.append(
            (
                data.countries.index(row.area),
                middle - data.years[0],
                np.log(centre * scale),
                float(np.hypot(own, grade)),
                window,
                np.log(victims / children),
                np.log(evidence.children.at[(row.area, middle), "children"]),
                np.log(victims * window),
                row.role == "train",
                float(row.year_end - row.year_start + 1),
                grade,
            )
        )
    columns = [np.array(column) for column in zip(*parts, strict=True)]
    places = np.unique(columns[0])
    lists = tuple(evidence.lists.get(str(name)) for name in rows.index)
    return HiddenEstimates(
        tuple(rows.index), lists, columns[0], np.searchsorted(places, columns[0]), *columns[1:]
    )


def _log_masked(value: Any, mean: Any, dispersion: Any) -> Any:
    """Log probability that a negative-binomial count is at most `MASKED_MAX`, or above it where `value` is.

    The five terms of the sum are written out because the incomplete beta function of the general form is
    five times slower to differentiate. No cell of the evidence is above; draws of the model are.
    """
    share = mean / (mean + dispersion)
    series = pt.ones_like(share)
    for k in range(MASKED_MAX, 0, -1):
        series = 1 + series * share * (dispersion + k - 1) / k
    below = dispersion * (pt.log(dispersion) - pt.log(dispersion + mean)) + pt.log(series)
    above = value > MASKED_MAX
    # Where the count is not above, log(1 - P) may be infinite: keep it out of the gradient.
    return pt.switch(above, pt.log1mexp(pt.switch(above, below, -1.0)), below)


def _draw_masked(mean: Array, dispersion: Array, rng: np.random.Generator, size: Any = None) -> Array:
    counts = rng.negative_binomial(dispersion, dispersion / (dispersion + mean), size=size)
    return np.where(counts <= MASKED_MAX, MASKED_MAX, MASKED_MAX + 1)


def _observe_counts(data: CountData, log_rate: Any, dispersion: Any) -> None:
    """Exact counts, and masked cells as intervals (MODEL.md eq. 12)."""
    mean = pt.exp(log_rate) * data.children
    for name, rows in (("registered", data.exact), ("registered_masked", ~data.exact)):
        if not rows.any():
            continue
        if name == "registered":
            pm.NegativeBinomial(
                name, mu=mean[rows], alpha=dispersion, observed=data.registered[rows].astype(int)
            )
        else:
            pm.CustomDist(
                name,
                mean[rows],
                dispersion,
                logp=_log_masked,
                random=_draw_masked,
                observed=data.registered[rows].astype(int),
                dtype="int64",
            )


def _combined(first: Prior, *others: Prior) -> tuple[float, float, float]:
    """Mean and SD of a sum of normals, and the share of its variance that belongs to the first."""
    variances = np.array([first.p2**2, *(prior.p2**2 for prior in others)])
    mean = first.p1 + sum(prior.p1 for prior in others)
    return mean, float(np.sqrt(variances.sum())), float(variances[0] / variances.sum())


def _walk(sd: Any, n_subregions: int, n_years: int) -> Any:
    """Random walk of each subregion, 0 in the last year, dims (subregion, year)."""
    steps = pm.Normal("walk_step", 0, 1, shape=(n_subregions, n_years - 1))
    back = pt.cumsum(steps[:, ::-1], axis=1)[:, ::-1] * sd
    return pt.concatenate([back, pt.zeros((n_subregions, 1))], axis=1)


def _observe_hidden(
    found: HiddenEstimates, log_incidence: Any, priors: Priors, log_detection_child: Any
) -> None:
    """Estimates of the hidden population: all predicted, one observed variable a training row (eq. 13, 49).

    Where the lists behind an estimate are known, their counts are observed in place of its result.
    """
    carried = variable(priors, "carried_stock_share") * variable(priors, "duration_all_ages")
    bias, error = variable(priors, "mse_bias"), variable(priors, "mse_error_sd")
    flow = log_incidence + found.log_children + found.log_all_per_child + log_detection_child
    mean = pm.Deterministic(
        "estimate_prediction", flow + pt.log(found.window + carried) + bias, dims="estimate"
    )
    for i in np.flatnonzero(found.train):
        name, table = found.ids[i], found.lists[i]
        if table is None:
            pm.Normal(name, mean[i], pt.sqrt(found.sd[i] ** 2 + error**2), observed=found.log_total[i])
        else:
            log_total = flow[i] + pt.log(found.seen_window[i] + carried) + bias
            wide = pt.sqrt(found.grade_sd[i] ** 2 + error**2)
            observe_total(table, log_total=log_total, error=wide, priors=priors, name=name)


def _split_level(priors: Priors, level: Any, log_detection_child: Any) -> tuple[Any, Any]:
    """Mean log incidence given the level of incidence x detection: the conditional of a sum of normals."""
    incidence, detection = priors["log_incidence_mean"], priors["log_detection_mean"]
    mean, _, weight = _combined(incidence, detection)
    sd = incidence.p2 * np.sqrt(1 - weight)
    residual = pm.Normal("incidence_residual", 0, 1)
    log_incidence = incidence.p1 + weight * (level - log_detection_child - mean) + sd * residual
    return pm.Deterministic("log_incidence_mean", log_incidence), weight


def build_prevalence(evidence: Evidence, priors: Priors) -> pm.Model:
    """Prevalence sub-model for all countries with counts at once (MODEL.md eq. 10-14).

    Returns:
        Model with `log_registered_rate` (country) = log incidence + log detection in the last year of the
        counts [log per child and year], and the parameters from which `rates.split_rate` draws the two for
        every country.
    """
    data = count_data(evidence)
    found = hidden_estimates(evidence, data)
    cap = capacity(evidence)[list(data.countries)].to_numpy()
    places = [data.countries[i] for i in np.unique(found.country)]
    coords = {
        "country": data.countries,
        "subregion": data.subregions,
        "regime": data.regimes,
        "place": places,
        "estimate": found.ids,
    }
    with pm.Model(coords=coords) as model:
        mean, sd, _ = _combined(priors["log_incidence_mean"], priors["log_detection_mean"])
        log_detection_child = variable(priors, "log_detection_child")
        level = pm.Normal("level_all_ages", mean, sd) + log_detection_child
        log_incidence_mean, _ = _split_level(priors, level, log_detection_child)
        deviation = pm.Normal("subregion_deviation", 0, 1, dims="subregion") * variable(
            priors, "subregion_sd"
        )
        pm.Deterministic("subregion_effect", deviation, dims="subregion")
        country_sd = variable(priors, "country_sd")
        centre = level + deviation[data.subregion_of] + variable(priors, "detection_capacity") * cap
        rate = pm.Normal("log_registered_rate", centre, country_sd, dims="country")
        walk = _walk(variable(priors, "recording_walk_sd"), len(data.subregions), data.years.size)
        breaks = pt.concatenate([variable(priors, "regime_break", dims="regime"), pt.zeros(1)])
        log_rate = rate[data.country] + walk[data.subregion, data.year] + breaks[data.regime]
        _observe_counts(data, log_rate, variable(priors, "dispersion"))

        share = variable(priors, "incidence_share")
        spots = np.unique(found.country)
        mean_incidence = log_incidence_mean + deviation[data.subregion_of[spots]]
        split = mean_incidence + share * (rate[spots] - centre[spots])
        floor = rate[spots] - np.log(harmonise.constant(evidence, "detection_cap"))
        spread = pm.Normal.dist(split, country_sd * pt.sqrt(share * (1 - share)))
        log_incidence = pm.Truncated("log_incidence_place", spread, lower=floor, dims="place")
        widened = _earlier_regime(found, data, evidence)
        definition = (
            variable(priors, "definition_share") * pt.dot(widened, breaks[:-1]) if data.regimes else 0.0
        )
        drift = variable(priors, "walk_incidence_share") * walk[data.subregion_of[found.country], found.year]
        _observe_hidden(found, log_incidence[found.place] + definition + drift, priors, log_detection_child)
    return model


def _earlier_regime(found: HiddenEstimates, data: CountData, evidence: Evidence) -> Array:
    """Whether each estimate lies in an earlier definition regime, dims (estimate, regime) [0 or 1]."""
    inside = np.zeros((len(found.ids), len(data.regimes)))
    for i in range(len(found.ids)):
        rows = (data.country == found.country[i]) & (data.year == found.year[i])
        for regime in data.regime[rows]:
            if regime >= 0:
                inside[i, regime] = 1.0
    return inside
