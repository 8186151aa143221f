"""What a reader needs to believe a run: hold-out predictions, the weight of the bound, every source used."""

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.evidence import Evidence
from costmodel.programme_inputs import EXPOSED, latest_exposures
from costmodel.scenario import Scenario
from costmodel.validation import null_of, score, unit_cost_predictions

#: Columns of the table of hold-outs in a run folder.
HOLDOUT_COLUMNS = (
    *("id", "study", "unit", "printed", "low", "mid", "high", "currency", "price_year"),
    *("width_factor", "z", "log_score", "null_log_score", "inside"),
)
#: The one soft bound of the model: up to 8% of world GDP.
BOUND = "odi_vac_2014_share"


def holdout_table(evidence: Evidence, draws: xr.Dataset, *, seed: int) -> pd.DataFrame:
    """Predictions of the hold-outs beside their printed values (MODEL.md section 9).

    Args:
        evidence: Anchors; a unit cost is predicted in money of its place and price year, a ratio as it is.
        draws: Posterior draws with `prediction` and `ratio_prediction`, dims (chain, draw, ...).
        seed: Seed of the predictive errors, keyed by row.

    Returns:
        One row a hold-out: printed, low, mid, high [unit of the row], z, and whether it lies inside 90%.
    """
    rows = []
    for found in unit_cost_predictions(evidence, draws):
        scored, anchor = score(found, null_of(found, evidence), seed=seed), evidence.anchors.loc[found.id]
        rows.append({**scored, "currency": anchor["currency"], "price_year": anchor["price_year"]})
    return pd.DataFrame(rows, columns=list(HOLDOUT_COLUMNS))


def bounds_table(evidence: Evidence, draws: xr.Dataset) -> pd.DataFrame:
    """How much the quoted upper figure for violence against children moves the model (MODEL.md eq. 17).

    The world burden of other violence with the bound, and without it: each draw weighted with the inverse of the
    bound's likelihood.

    Args:
        evidence: Country facts, for the weights by GDP at purchasing power.
        draws: Posterior draws with the log likelihood of the bound, dims (chain, draw, ...).

    Returns:
        One row a level: 5, 50 and 95% quantiles [share of GDP].
    """
    gdp = evidence.countries["gdp_ppp"].fillna(0.0).to_xarray().rename(iso3="country")
    by_country = xr.DataArray(np.exp(draws["log_daly_share"])).fillna(0.0) * gdp / gdp.sum()
    share = by_country.sum("country").to_numpy().reshape(-1)
    weight = np.exp(-draws["log_likelihood_bound"].to_numpy().reshape(-1))
    order = np.argsort(share)
    levels = [0.05, 0.5, 0.95]
    without = share[order][np.searchsorted(np.cumsum(weight[order]) / weight.sum(), levels)]
    labels = {"bound": BOUND, "quantity": "other_violence_share_of_gdp"}
    rows = [
        {**labels, "level": q, "with_bound": a, "without_bound": b}
        for q, a, b in zip(levels, np.quantile(share, levels), without, strict=True)
    ]
    return pd.DataFrame(rows, columns=["bound", "quantity", "level", "with_bound", "without_bound"])


def entering_anchors(evidence: Evidence) -> pd.DataFrame:
    """Anchors that the model fits, predicts or is bound by, and the counts that totals among them are shared by."""
    anchors = evidence.anchors
    enters = anchors["role"].isin(["train", "holdout", "bound"])
    return anchors[enters | anchors.index.isin(anchors.loc[enters, "per"])]


def used_sources(scenario: Scenario, evidence: Evidence) -> dict[str, list[str]]:
    """Tables that rest on each source of this run, by source key."""
    programmes = {name for option in scenario.options.values() for name in option.programmes}
    anchors = entering_anchors(evidence)
    mixes = {*anchors["mix"], *anchors["of_mix"]}
    places = {*scenario.countries, *anchors["geography"]}
    delivered = evidence.programmes[evidence.programmes["id"].isin(programmes)]
    chosen = {
        "anchors": anchors,
        "mixes": evidence.mixes[evidence.mixes["mix"].isin(mixes)],
        "priors": evidence.priors,
        "registered victims": evidence.counts,
        "estimates of hidden victims": evidence.estimates[evidence.estimates["role"] == "train"],
        "programme costs": delivered,
        "savings of programmes": evidence.offsets[evidence.offsets["programme"].isin(programmes)],
        "programme effects": evidence.effects[evidence.effects.index.isin(programmes)],
        "discounting": evidence.discounting[evidence.discounting["preset"].isin(scenario.discount)],
        "value judgements": evidence.judgements,
        "violence types": evidence.violence_types,
        "countries": evidence.countries,
        "regions": evidence.regions[evidence.regions["region"].isin(places)],
        "constants": evidence.constants,
        "budgets of governments": evidence.public_finance,
    }
    for target in sorted(EXPOSED.keys() & set(delivered["target_group"])):
        chosen["children at risk"] = latest_exposures(EXPOSED[target], evidence=evidence)
    used: dict[str, list[str]] = {}
    for label, table in chosen.items():
        for key in sorted({key for cell in table["source"] for key in str(cell).split()}):
            used.setdefault(key, []).append(label)
    for table, cell in evidence.tables["source"].items():
        for key in str(cell).split():
            used.setdefault(key, []).append(str(table))
    return {key: used[key] for key in sorted(used) if key in evidence.sources}


def sources_table(scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """Sources of this run with what rests on each."""
    rows = [
        {"key": key, "used_by": "; ".join(labels), "reference": " ".join(evidence.sources[key].split())}
        for key, labels in used_sources(scenario, evidence).items()
    ]
    return pd.DataFrame(rows, columns=["key", "used_by", "reference"])
