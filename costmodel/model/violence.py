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
from costmodel.evidence import harmonise
from costmodel.evidence.register import Evidence
from costmodel.model.priors import Priors, variable

Array = NDArray[np.float64]

#: Statement -> is the printed figure the low end (the truth may be higher)?
BOUNDS = {"at_least": "low", "at_most": "high"}


@dataclass(frozen=True)
class ViolenceTerm:
    """One likelihood term: a study of a country or of a group of countries.

    Attributes:
        id: Anchor row.
        log_share: Log of the figure as a share of GDP [log].
        sd: Its own error and that of its grade on the log scale [log].
        parts: Parts of the burden inside the figure (daly, daly_ace, productivity, services).
        weights: GDP weights over the countries of the model, dims (country,) [share].
        statement: point | at_least | at_most.
        observed: Whether it enters the likelihood; a held-out study is predicted [bool].
    """

    id: str
    log_share: float
    sd: float
    parts: tuple[str, ...]
    weights: Array
    statement: str
    observed: bool = True


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


def violence_terms(evidence: Evidence) -> tuple[list[str], list[ViolenceTerm]]:
    """Countries of the model, and the terms of the rows that train, bound or test it, in model units."""
    table = evidence.anchors[evidence.anchors["module"] == "violence"]
    model_countries = [str(iso3) for iso3 in evidence.countries.index[evidence.countries["gdp_usd"].notna()]]
    terms = []
    for name, row in table[table["role"].isin(["train", "bound", "holdout"])].iterrows():
        weights = _weights(
            row.geography,
            evidence=evidence,
            model_countries=model_countries,
            year=row.price_year,
            ppp=row.role == "bound",
        )
        terms.append(
            ViolenceTerm(
                id=str(name),
                log_share=float(np.log(harmonise.share_of_gdp(row, evidence=evidence))),
                sd=harmonise.printed_error(row, evidence),
                parts=tuple(row.components.split()),
                weights=weights,
                statement=row.statement if row.statement in BOUNDS else "point",
                observed=row.role != "holdout",
            )
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
        trafficking, at one GDP per capita per DALY [log share of GDP], the log ratios of the other parts to it,
        and `share_prediction` (share): what each study would find [log share of GDP].
    """
    model_countries, terms = violence_terms(evidence)
    coords = {"country": model_countries, "share": [term.id for term in terms]}
    with pm.Model(coords=coords) as model:
        mean, spread = variable(priors, "log_daly_share_mean"), variable(priors, "violence_country_sd")
        deviation = pm.Normal("violence_deviation", 0, 1, dims="country")
        log_share = pm.Deterministic("log_daly_share", mean + spread * deviation, dims="country")
        ratios = {
            "daly": pt.ones(()),
            "daly_ace": pt.exp(variable(priors, "log_ace_scope")),
            "productivity": pt.exp(variable(priors, "log_productivity_ratio")),
            "services": pt.exp(variable(priors, "log_services_ratio")),
        }
        predicted = [
            pt.log(pt.dot(term.weights, pt.exp(log_share))) + pt.log(sum(ratios[part] for part in term.parts))
            for term in terms
        ]
        found = pm.Deterministic("share_prediction", pt.stack(predicted), dims="share")
        for i, term in enumerate(terms):
            if term.observed:
                _observe(term, found[i])
    return model
