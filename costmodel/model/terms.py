"""Log likelihood of each piece of evidence, log prior of each parameter: kept with a run, to weight its draws."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel.evidence.families import distribution
from costmodel.evidence.register import Evidence
from costmodel.model.joint import CARRIED
from costmodel.model.prevalence import count_data
from costmodel.model.priors import Priors

Array = NDArray[np.float64]

#: Observed variables of the counts of all countries, and whether each holds the exact ones.
COUNTS = {"registered": True, "registered_masked": False}
#: What an estimate with its lists observes beside them, under a name of its own.
BOUND = "_at_least"
SAMPLE = ("chain", "draw")


def log_terms(
    trees: Mapping[str, xr.DataTree],
    draws: xr.Dataset,
    evidence: Evidence,
    priors: Priors,
    *,
    countries: Sequence[str],
) -> xr.Dataset:
    """Log likelihood by piece of evidence, and log prior by belief, of a fit (MODEL.md eq. 66).

    Args:
        trees: Fits by sub-model, each with its log likelihood and log prior; none where draws were brought.
        draws: What `joint.national_draws` made of them, dims (chain, draw, ...).
        evidence: The evidence they were fitted to.
        priors: The priors they were fitted with.
        countries: ISO3 codes of the run: of counts, those of each of its countries are a piece of their own.

    Returns:
        `log_likelihood` (term) and `log_prior` (prior), dims (chain, draw, ...) [log], labelled as "module.name".
        Terms: the row of the evidence, "counts_NLD" for the counts of a country, "all" for all data of a sub-model.
        Priors: the row of priors.csv, "log_transfer_error_NLD", "rr_guardianship" for an effect without a trial.
        Empty where there is no fit.
    """
    if not trees:
        return xr.Dataset()
    likelihood = {
        key: value for name in trees for key, value in _terms(name, trees[name], evidence, countries)
    }
    prior = {**_fitted_priors(trees, priors), **_carried_priors(draws, priors, countries)}
    found = {"log_likelihood": ("term", likelihood), "log_prior": ("prior", prior)}
    joined = {name: _joined(parts, dim) for name, (dim, parts) in found.items() if parts}
    return xr.Dataset(joined).reset_coords(drop=True)


def _joined(parts: Mapping[str, xr.DataArray], dim: str) -> xr.DataArray:
    """Log densities side by side, dims (chain, draw, `dim`)."""
    whole = xr.concat([*parts.values()], dim=dim).assign_coords({dim: [*parts]}).astype(np.float32)
    return whole.transpose(*SAMPLE, dim)


def _fitted_priors(trees: Mapping[str, xr.DataTree], priors: Priors) -> dict[str, xr.DataArray]:
    """Log prior of what is believed of each parameter that was sampled; deviations of countries are no belief."""
    found = {
        f"{name}.{key}": _summed(values)
        for name, tree in trees.items()
        if "log_prior" in tree.children
        for key, values in tree["log_prior"].to_dataset().items()
        if key in priors
    }
    effects = trees["effects"].children.get("log_prior") if "effects" in trees else None
    if effects is not None and "log_rr_elicited" in effects.data_vars:
        elicited = effects.to_dataset()["log_rr_elicited"]
        for name in elicited["elicited"].to_numpy():
            found[f"effects.rr_{name}"] = _summed(elicited.sel(elicited=name, drop=True))
    return found


def _carried_priors(draws: xr.Dataset, priors: Priors, countries: Sequence[str]) -> dict[str, xr.DataArray]:
    """Log prior of what no data inform, from its density."""

    def density(name: str, values: xr.DataArray) -> xr.DataArray:
        known = distribution(priors[name]).logpdf(values.transpose(*SAMPLE).to_numpy())
        return xr.DataArray(known, dims=SAMPLE)

    found = {f"{priors[name].module}.{name}": density(name, draws[name]) for name in CARRIED}
    error = "log_transfer_error"
    return found | {
        f"unit_cost.{error}_{iso3}": density(error, draws[error].sel(country=iso3)) for iso3 in countries
    }


def _summed(values: xr.DataArray) -> xr.DataArray:
    """Log densities summed over all dims but chain and draw."""
    return values.sum([dim for dim in values.dims if dim not in SAMPLE]).drop_vars(SAMPLE, errors="ignore")


def _terms(
    name: str, tree: xr.DataTree, evidence: Evidence, countries: Sequence[str]
) -> Iterator[tuple[str, xr.DataArray]]:
    """Pieces of evidence of one sub-model, all of them together last; none where nothing is observed."""
    stored = tree["log_likelihood"].to_dataset() if "log_likelihood" in tree.children else xr.Dataset()
    each = {str(key): _summed(values) for key, values in stored.items()}
    if not each:
        return
    for key, values in each.items():
        if key not in COUNTS and not key.endswith(BOUND):
            bound = each.get(f"{key}{BOUND}")
            yield f"{name}.{key}", values if bound is None else values + bound
    if COUNTS.keys() <= {*stored}:
        yield from _national_counts(name, stored, evidence, countries)
    yield f"{name}.all", xr.concat([*each.values()], "piece").sum("piece")


def _national_counts(
    name: str, stored: xr.Dataset, evidence: Evidence, countries: Sequence[str]
) -> Iterator[tuple[str, xr.DataArray]]:
    """Registered victims of each country of the run, exact and masked counts together."""
    data = count_data(evidence)
    if any(stored[key].shape[-1] != (data.exact == exact).sum() for key, exact in COUNTS.items()):
        return  # a sub-model of one's own counts otherwise
    for iso3 in sorted({*countries} & {*data.countries}):
        parts = []
        for variable, exact in COUNTS.items():
            owner = data.country[data.exact == exact]
            values = stored[variable].transpose(*SAMPLE, ...)
            parts.append(_summed(values[..., np.flatnonzero(owner == data.countries.index(iso3))]))
        yield f"{name}.counts_{iso3}", parts[0] + parts[1]
