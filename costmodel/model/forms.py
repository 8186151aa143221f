"""Forms of exploitation and girls among registered child victims, by country (MODEL.md section 3, eq. 15-15d)."""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from costmodel.evidence.harmonise import FORMS
from costmodel.evidence.register import Evidence
from costmodel.model.priors import Priors, variable
from costmodel.model.sexes import girl_log_odds, observe_sexes, sex_data, usable_rows

Index = NDArray[np.int64]


@dataclass(frozen=True)
class FormData:
    """Yearly registered child victims by form; rows with all three forms reported exactly.

    Attributes:
        countries: Countries with at least one row by form or by sex.
        regions: UN regions of the country table.
        region_of: Region of each country, dims (country,).
        country: Country of each row, dims (row,).
        counts: Child victims, dims (row, form) [persons].
    """

    countries: tuple[str, ...]
    regions: tuple[str, ...]
    region_of: Index
    country: Index
    counts: Index


def form_data(evidence: Evidence) -> FormData:
    """Rows with exact counts of every form and at least one victim."""
    table = evidence.counts[evidence.counts["iso3"].isin(evidence.countries.index)]
    low = table[[f"{form}_children_low" for form in FORMS]].to_numpy(dtype=float)
    high = table[[f"{form}_children_high" for form in FORMS]].to_numpy(dtype=float)
    usable = np.isfinite(low).all(axis=1) & (low == high).all(axis=1) & (low.sum(axis=1) > 0)
    rows = table[usable]
    countries = tuple(sorted({*rows["iso3"], *usable_rows(table)["iso3"]}))
    regions = tuple(sorted(evidence.countries["region"].unique()))
    return FormData(
        countries=countries,
        regions=regions,
        region_of=np.array([regions.index(evidence.countries.at[iso3, "region"]) for iso3 in countries]),
        country=rows["iso3"].map({iso3: i for i, iso3 in enumerate(countries)}).to_numpy(),
        counts=low[usable].astype(int),
    )


def build_forms(evidence: Evidence, priors: Priors) -> pm.Model:
    """Forms sub-model: shares by country drawn about their region, and girls in each form (MODEL.md eq. 15-15d).

    A country that is counted by sex alone has the forms of its region, as far as the sexes do not tell.

    Returns:
        Model with `form_log_odds` (country, contrast) and `form_region` (region, contrast) against sexual
        exploitation, `form_country_sd`, and `girl_log_odds` (country, form) with the parameters it is drawn
        from [log odds].
    """
    data = form_data(evidence)
    coords = {"country": data.countries, "region": data.regions, "contrast": FORMS[1:], "form": FORMS}
    with pm.Model(coords=coords) as model:
        region = variable(priors, "form_region", dims=("region", "contrast"))
        spread = variable(priors, "form_country_sd")
        deviation = pm.Normal("form_deviation", 0, 1, dims=("country", "contrast"))
        log_odds = pm.Deterministic(
            "form_log_odds", region[data.region_of] + spread * deviation, dims=("country", "contrast")
        )
        full = pt.concatenate([pt.zeros((len(data.countries), 1)), log_odds], axis=1)
        share = pt.exp(full - pt.logsumexp(full, axis=1, keepdims=True))
        concentration = variable(priors, "form_concentration")
        pm.DirichletMultinomial(
            "registered_forms",
            n=data.counts.sum(axis=1),
            a=concentration * share[data.country],
            observed=data.counts,
        )
        girls = girl_log_odds(priors, data.region_of)
        observe_sexes(sex_data(evidence.counts, data.countries), share, girls, priors)
    return model
