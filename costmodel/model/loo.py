"""Leave-one-country-out: how well each country's counts are predicted from all others (MODEL.md section 9).

Each country has a rate of its own, so that plain importance sampling fails for nearly all. Here that rate is integrated
out by quadrature, in each draw of what countries share; the weights then depend on shared parameters only.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import special, stats

from costmodel.draws import flat
from costmodel.evidence.register import Evidence
from costmodel.model.fit import Settings, fit_submodel
from costmodel.model.joint import BUILDERS
from costmodel.model.prevalence import MASKED_MAX, CountData, capacity, count_data, hidden_estimates
from costmodel.model.priors import Priors, draw

Array = NDArray[np.float64]

#: Above this Pareto k importance sampling says nothing (Vehtari, Simpson, Gelman, Yao and Gabry).
K_MAX = 0.7
#: Countries that are fitted without at most.
MOST_REFITS = 10
#: Draws, thinned evenly, and nodes of the quadrature over a country's rate.
N_DRAWS, N_NODES = 1000, 81
#: Nodes reach this many posterior standard deviations either side of a country's rate.
REACH = 8.0


@dataclass(frozen=True)
class _Shared:
    """What all countries share, in each draw: dims (draw,), or (draw, subregion, year) for the walk."""

    scalars: Mapping[str, Array]
    effect: Mapping[str, Array]
    walk: Array
    breaks: Mapping[str, Array]


def _shared(posterior: xr.Dataset, data: CountData, priors: Priors, *, seed: int) -> _Shared:
    """Shared parameters of a fit, thinned; a break that it does not know is drawn from its prior."""
    thinned = np.linspace(0, posterior.sizes["chain"] * posterior.sizes["draw"] - 1, N_DRAWS).astype(int)
    names = ("level_all_ages", "log_detection_child", "detection_capacity", "country_sd", "dispersion")
    scalars = {name: flat(posterior, name)[thinned] for name in names}
    subregions = [str(name) for name in posterior["subregion"].to_numpy()]
    effect = {name: flat(posterior, "subregion_effect", subregion=name)[thinned] for name in subregions}
    steps = posterior["walk_step"].to_numpy().reshape(-1, *posterior["walk_step"].shape[2:])[thinned]
    sd = flat(posterior, "recording_walk_sd")[thinned][:, None, None]
    back = np.cumsum(steps[:, :, ::-1], axis=2)[:, :, ::-1] * sd
    walk = np.concatenate([back, np.zeros((*back.shape[:2], 1))], axis=2)
    known = set(posterior["regime"].to_numpy()) if "regime" in posterior.coords else set()
    breaks = {
        name: flat(posterior, "regime_break", regime=name)[thinned]
        if name in known
        else draw(priors, "regime_break", n_draws=N_DRAWS, seed=seed)
        for name in data.regimes
    }
    return _Shared(scalars, effect, walk, breaks)


def integrated_log_likelihood(
    shared: _Shared, data: CountData, *, country: int, level: float, nodes: Array
) -> Array:
    """Log likelihood of one country's counts in each draw of what countries share, its own rate integrated out.

    Args:
        shared: Shared parameters.
        data: Counts of all countries.
        country: Index of the country.
        level: Its detection capacity [SD].
        nodes: Log rates at which the integrand is evaluated, evenly spaced, dims (node,).

    Returns:
        Dims (draw,) [log].
    """
    s, subregion = shared.scalars, data.subregions[data.subregion_of[country]]
    centre = s["level_all_ages"] + s["log_detection_child"] + shared.effect[subregion]
    centre = centre + s["detection_capacity"] * level
    total = stats.norm.logpdf(nodes[None, :], centre[:, None], s["country_sd"][:, None])
    size = s["dispersion"][:, None]
    for row in np.flatnonzero(data.country == country):
        shift = shared.walk[:, data.subregion[row], data.year[row]]
        if data.regime[row] >= 0:
            shift = shift + shared.breaks[data.regimes[data.regime[row]]]
        mean = data.children[row] * np.exp(nodes[None, :] + shift[:, None])
        share = size / (size + mean)
        if data.exact[row]:
            total += stats.nbinom.logpmf(data.registered[row], size, share)
        else:
            total += stats.nbinom.logcdf(MASKED_MAX, size, share)
    step = nodes[1] - nodes[0]
    found: Array = special.logsumexp(total, axis=1) + np.log(step)
    return found


def country_scores(tree: xr.DataTree, evidence: Evidence, priors: Priors, *, seed: int = 0) -> pd.DataFrame:
    """Expected log predictive density of each country's counts from all others, by importance sampling.

    Args:
        tree: A fit of the prevalence sub-model.
        evidence: The evidence it was fitted to.
        priors: The priors it was fitted with.
        seed: Seed of breaks that a fit does not know.

    Returns:
        One row a country with counts: counts, elpd [log], pareto_k, and whether an estimate of the hidden population
        ties its rate to more than its counts.
    """
    data, posterior = count_data(evidence), tree["posterior"].to_dataset()
    shared, cap = _shared(posterior, data, priors, seed=seed), capacity(evidence)
    columns = []
    for i, iso3 in enumerate(data.countries):
        nodes = _nodes(posterior, iso3)
        columns.append(
            integrated_log_likelihood(shared, data, country=i, level=float(cap[iso3]), nodes=nodes)
        )
    matrix = xr.DataArray(
        np.stack(columns, axis=-1)[None],
        dims=("chain", "draw", "country"),
        coords={"country": list(data.countries)},
    )
    found = _importance(matrix)
    placed = {data.countries[i] for i in hidden_estimates(evidence, data).country}
    return found.assign(
        counts=[int((data.country == i).sum()) for i in range(len(data.countries))],
        estimate=[iso3 in placed for iso3 in data.countries],
    )


def _nodes(posterior: xr.Dataset, iso3: str) -> Array:
    """Log rates around what the fit believes of a country."""
    rate = flat(posterior, "log_registered_rate", country=iso3)
    return np.linspace(rate.mean() - REACH * rate.std(), rate.mean() + REACH * rate.std(), N_NODES)


def _importance(matrix: xr.DataArray) -> pd.DataFrame:
    """Pareto-smoothed importance sampling of a matrix of log likelihoods; one row a country."""
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"shared": matrix.isel(country=0, drop=True)}),
            "log_likelihood": xr.Dataset({"counts": matrix}),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the k of each country stands in the table
        found = az.loo(tree, var_name="counts", pointwise=True)
    return pd.DataFrame(
        {
            "country": matrix["country"].to_numpy(),
            "elpd": np.asarray(found.elpd_i, dtype=float),
            "pareto_k": np.asarray(found.pareto_k, dtype=float),
        }
    )


def without_country(evidence: Evidence, iso3: str) -> Evidence:
    """The evidence without the counts and the estimates of one country."""
    counts, estimates = evidence.counts, evidence.estimates.copy()
    estimates.loc[estimates["area"] == iso3, "role"] = "context"
    return replace(evidence, counts=counts[counts["iso3"] != iso3], estimates=estimates)


def refitted_scores(
    scores: pd.DataFrame,
    tree: xr.DataTree,
    evidence: Evidence,
    priors: Priors,
    *,
    settings: Settings | None = None,
    seed: int = 0,
    quiet: bool = True,
) -> pd.DataFrame:
    """The same table with countries fitted without, where importance sampling says nothing: ten at most.

    Args:
        scores: As `country_scores` returns them.
        tree: The fit with all countries, for the range of their rates.
        evidence: The evidence.
        priors: Priors by name.
        settings: Sampler settings.
        seed: Seed of breaks that are drawn.
        quiet: No messages.

    Returns:
        The table with `method`: importance, refit, or none where more than ten would have to be fitted.
    """
    table = scores.assign(method="importance")
    doubtful = table[(table["pareto_k"] > K_MAX) | table["estimate"]].sort_values("pareto_k", ascending=False)
    table.loc[doubtful.index, "method"] = "none"
    data, cap = count_data(evidence), capacity(evidence)
    for place, row in doubtful.head(MOST_REFITS).iterrows():
        other = without_country(evidence, row["country"])
        refit, _, _ = fit_submodel(
            "prevalence",
            BUILDERS["prevalence"],
            other,
            priors,
            settings=settings or Settings(),
            refit=False,
            quiet=quiet,
        )
        shared = _shared(refit["posterior"].to_dataset(), data, priors, seed=seed)
        index = data.countries.index(row["country"])
        found = integrated_log_likelihood(
            shared,
            data,
            country=index,
            level=float(cap[row["country"]]),
            nodes=_nodes(tree["posterior"].to_dataset(), row["country"]),
        )
        table.loc[place, "elpd"] = special.logsumexp(found) - np.log(found.size)
        table.loc[place, "method"] = "refit"
    table.loc[table["method"] == "none", "elpd"] = np.nan
    return table


__all__ = ["country_scores", "integrated_log_likelihood", "refitted_scores", "without_country"]
