"""Violence against children as a share of GDP (MODEL.md section 4)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from costmodel.errors import EvidenceError
from costmodel.evidence import countries as places
from costmodel.evidence import prices as price_table
from costmodel.evidence.harmonise import level, log_sd
from costmodel.evidence.register import Evidence
from costmodel.model.priors import Priors, variable

Array = NDArray[np.float64]

#: Types of abuse of one study that overlap: the country enters as one interval, from the largest to the sum.
OVERLAPPING_TYPES = "fang_cn_2015"
#: Statement -> is the printed figure the low end (the truth may be higher)?
BOUNDS = {"at_least": "low", "at_most": "high"}


@dataclass(frozen=True)
class ViolenceTerm:
    """One likelihood term: a study of a country or of a group of countries.

    Attributes:
        id: Anchor row (the first of the rows that it joins).
        log_share: Log of the figure as a share of GDP [log].
        sd: Its own error on the log scale [log].
        parts: Parts of the burden inside the figure (daly, daly_ace, productivity, services).
        weights: GDP weights over the countries of the model, dims (country,) [share].
        statement: point | at_least | at_most.
    """

    id: str
    log_share: float
    sd: float
    parts: tuple[str, ...]
    weights: Array
    statement: str


def _weights(
    geography: str, *, evidence: Evidence, model_countries: list[str], year: float, ppp: bool
) -> Array:
    members = [iso3 for iso3 in places.members(geography, evidence) if iso3 in model_countries]
    column = "gdp_ppp" if ppp else "gdp_usd"
    gdp = evidence.countries[column].reindex(members).fillna(0.0)
    weights = pd.Series(0.0, index=model_countries)
    weights[members] = gdp
    if not weights.sum() > 0:
        raise EvidenceError(f"anchors.csv: no country of {geography!r} has a GDP in {year:.0f}")
    share: Array = (weights / weights.sum()).to_numpy()
    return share


def _share_of_gdp(row: pd.Series, evidence: Evidence) -> tuple[float, float]:
    value, sd = level(row)
    if row.unit == "share of GDP":
        return value, max(sd, row.own_sd)
    return value / gdp_of(row, evidence), max(sd, row.own_sd)


def gdp_of(row: pd.Series, evidence: Evidence) -> float:
    """GDP of the anchor's place in its price year and currency [currency/year]."""
    return price_table.gdp(row.geography, year=row.price_year, prices=evidence.prices)


def violence_terms(evidence: Evidence) -> tuple[list[str], list[ViolenceTerm]]:
    """Countries of the model, and the terms of the rows with role `train` or `bound` in model units."""
    table = evidence.anchors[evidence.anchors["module"] == "violence"]
    table = table[table["role"].isin(["train", "bound"]) & ~table.index.isin(["odi_vac_2014_total"])]
    model_countries = [str(iso3) for iso3 in evidence.countries.index[evidence.countries["gdp_usd"].notna()]]
    terms = []
    joined = table["study"] == OVERLAPPING_TYPES
    for name, row in table[~joined].iterrows():
        share, sd = _share_of_gdp(row, evidence)
        ppp = row.role == "bound"
        weights = _weights(
            row.geography, evidence=evidence, model_countries=model_countries, year=row.price_year, ppp=ppp
        )
        statement = row.statement if row.statement in BOUNDS else "point"
        terms.append(
            ViolenceTerm(
                str(name), float(np.log(share)), float(sd), tuple(row.components.split()), weights, statement
            )
        )
    if joined.any():
        rows = table[joined]
        low, high = rows["value"].max(), rows["value"].sum()
        sd = float(np.hypot(log_sd(low, high), rows["own_sd"].iloc[0]))
        geography, year = rows["geography"].iloc[0], rows["price_year"].iloc[0]
        weights = _weights(
            geography, evidence=evidence, model_countries=model_countries, year=year, ppp=False
        )
        parts = tuple(rows["components"].iloc[0].split())
        terms.append(
            ViolenceTerm(str(rows.index[0]), float(np.log(low * high) / 2), sd, parts, weights, "point")
        )
    return model_countries, terms


def _observe(term: ViolenceTerm, log_mean: Any) -> None:
    """A point, or a censored point where the source says at least or at most (MODEL.md eq. 17)."""
    if term.statement == "point":
        pm.Normal(term.id, log_mean, term.sd, observed=term.log_share)
        return
    latent = pm.Normal.dist(log_mean, term.sd)
    bound = {"lower": term.log_share} if term.statement == "at_most" else {"upper": term.log_share}
    pm.Censored(term.id, latent, lower=bound.get("lower"), upper=bound.get("upper"), observed=term.log_share)


def build_violence(evidence: Evidence, priors: Priors) -> pm.Model:
    """Violence sub-model (MODEL.md eq. 16-17).

    Returns:
        Model with `log_daly_share` (country): log annual burden of violence against children other than
        trafficking, at one GDP per capita per DALY [log share of GDP], and the log ratios of the other
        parts to it.
    """
    model_countries, terms = violence_terms(evidence)
    with pm.Model(coords={"country": model_countries}) as model:
        mean, spread = variable(priors, "log_daly_share_mean"), variable(priors, "violence_country_sd")
        deviation = pm.Normal("violence_deviation", 0, 1, dims="country")
        log_share = pm.Deterministic("log_daly_share", mean + spread * deviation, dims="country")
        ratios = {
            "daly": pt.ones(()),
            "daly_ace": pt.exp(variable(priors, "log_ace_scope")),
            "productivity": pt.exp(variable(priors, "log_productivity_ratio")),
            "services": pt.exp(variable(priors, "log_services_ratio")),
        }
        for term in terms:
            aggregate = pt.log(pt.dot(term.weights, pt.exp(log_share)))
            _observe(term, aggregate + pt.log(sum(ratios[part] for part in term.parts)))
    return model
