"""Log likelihood of each piece of evidence, log prior of each parameter: kept with a run, to weight its draws."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel.evidence.register import Evidence
from costmodel.model.prevalence import count_data

Array = NDArray[np.float64]

#: Observed variables of the counts of all countries, and whether each holds the exact ones.
COUNTS = {"registered": True, "registered_masked": False}
#: What an estimate with its lists observes beside them, under a name of its own.
BOUND = "_at_least"
SAMPLE = ("chain", "draw")


def log_terms(
    trees: Mapping[str, xr.DataTree], evidence: Evidence, *, countries: Sequence[str]
) -> xr.Dataset:
    """Log likelihood by piece of evidence, and log prior by parameter, of every sub-model (MODEL.md eq. 66).

    Args:
        trees: Fits by sub-model, each with its log likelihood and log prior; none where draws were brought.
        evidence: The evidence they were fitted to.
        countries: ISO3 codes of the run: of counts, those of each of its countries are a piece of their own.

    Returns:
        `log_likelihood` (term) and `log_prior` (prior), dims (chain, draw, ...) [log], labelled as "module.name":
        the row of the evidence, "counts_NLD" for the counts of a country, "all" for all data of a sub-model; empty
        where there is no fit.
    """
    likelihood = {
        key: value for name in trees for key, value in _terms(name, trees[name], evidence, countries)
    }
    prior = {
        f"{name}.{key}": _summed(values)
        for name, tree in trees.items()
        for key, values in tree["log_prior"].to_dataset().items()
    }
    found = {"log_likelihood": ("term", likelihood), "log_prior": ("prior", prior)}
    return xr.Dataset(
        {
            name: xr.concat([*parts.values()], dim=dim).assign_coords({dim: [*parts]}).astype(np.float32)
            for name, (dim, parts) in found.items()
            if parts
        }
    ).reset_coords(drop=True)


def _summed(values: xr.DataArray) -> xr.DataArray:
    """Log densities summed over all dims but chain and draw."""
    return values.sum([dim for dim in values.dims if dim not in SAMPLE]).drop_vars(SAMPLE, errors="ignore")


def _terms(
    name: str, tree: xr.DataTree, evidence: Evidence, countries: Sequence[str]
) -> Iterator[tuple[str, xr.DataArray]]:
    """Pieces of evidence of one sub-model, all of them together last."""
    stored = tree["log_likelihood"].to_dataset()
    each = {str(key): _summed(values) for key, values in stored.items()}
    for key, values in each.items():
        if key not in COUNTS and not key.endswith(BOUND):
            bound = each.get(f"{key}{BOUND}")
            yield f"{name}.{key}", values if bound is None else values + bound
    if COUNTS.keys() <= {*stored}:
        yield from _national_counts(name, stored, evidence, countries)
    yield f"{name}.all", sum(each.values(), start=xr.zeros_like(next(iter(each.values()))))


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
