"""What a prior or a source weighs in the answer: what moves when it speaks louder (MODEL.md section 12).

A power above 1 lets a prior or a likelihood speak louder, below 1 softer. ArviZ prints the sensitivity of
parameters; here it is carried to the quantities that are decided on: means, ratios of means, and which option is
best.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.decision.batches import SAMPLE_DIMS, Array, Index, batches, by_sample, error_of_mean
from costmodel.decision.weights import Weights, distance, importance_weights, weighted_mean
from costmodel.errors import suggestion

#: Powers that are looked at: a fifth less, and its inverse.
ALPHAS = (0.8, 1.25)
#: From this sensitivity on a density is said to matter (Kallioinen, Paananen, Buerkner and Vehtari 2024).
SENSITIVE = 0.05

Ratio = tuple[str, str]


@dataclass(frozen=True)
class PowerScaling:
    """What moves when one density speaks louder or softer.

    Attributes:
        changes: One row a component, power and quantity: component, alpha, quantity, mean (as things stand), scaled
            [unit of the quantity], change, change_error [share of `mean`], distance [1; missing of a ratio],
            pareto_k, effective [draws], usable. Where not usable only a new fit can tell, and scaled, change and
            distance are missing.
        sensitivity: One row a component and quantity: component, quantity, sensitivity [1]: distance per doubling of
            the density, over both powers, missing of a ratio; matters.
        decisions: One row a component and power: component, alpha, best, best_scaled, changes; empty without options.
    """

    changes: pd.DataFrame
    sensitivity: pd.DataFrame
    decisions: pd.DataFrame


def summed_density(densities: xr.Dataset, terms: Mapping[str, Sequence[str]]) -> xr.Dataset:
    """Log density of each component: of all the variables that it is made of.

    Args:
        densities: Log prior or log likelihood as a fit keeps it, dims (chain, draw, ...) [log].
        terms: Names of variables by component: a sub-model, a block of priors, a source with all its rows.

    Returns:
        One variable a component, dims (chain, draw) [log].

    Raises:
        ValueError: If a component names a variable that is not there, or none.

    Example:
        >>> ones = xr.DataArray(np.ones((1, 2, 3)), dims=("chain", "draw", "row"))
        >>> rows = xr.Dataset({"a": ones, "b": ones.isel(row=0)})
        >>> summed_density(rows, {"study": ["a", "b"]})["study"].to_numpy().tolist()
        [[4.0, 4.0]]
    """
    found = {}
    for component, names in terms.items():
        unknown = [name for name in names if name not in densities]
        if unknown or not names:
            hint = suggestion(unknown[0], map(str, densities.data_vars)) if unknown else ""
            what = f"no density of {unknown[0]!r}{hint}" if unknown else "names no variable; take it out"
            raise ValueError(f"component {component}: {what}")
        parts = [
            densities[name].sum([dim for dim in densities[name].dims if dim not in SAMPLE_DIMS])
            for name in names
        ]
        found[component] = sum(parts[1:], parts[0])
    return xr.Dataset(found)


def power_scaling(
    quantities: xr.Dataset,
    components: xr.Dataset,
    *,
    ratios: Mapping[str, Ratio] | None = None,
    net_benefit: xr.DataArray | None = None,
    alphas: tuple[float, float] = ALPHAS,
) -> PowerScaling:
    """Change of quantities when a prior or a likelihood is raised to a power (MODEL.md eq. 61).

    Args:
        quantities: Draws of the national cost and whatever else is reported, dims (chain, draw) each [units of the
            caller].
        components: Log density of each prior or likelihood, of the same draws, dims (chain, draw): one belief or one
            source each (`summed_density`). Of hundreds of deviations of countries at once weights are worthless [log].
        ratios: Numerator and denominator, names of `quantities`, by name of the ratio of their means.
        net_benefit: Draws of every option, dims (chain, draw, option); the largest mean is best [currency].
        alphas: A power below and one above 1.

    Returns:
        The changes, with the Pareto k of the weights that give them.

    Raises:
        ValueError: If the powers do not lie on both sides of 1, or draws do not match.
    """
    if not 0 < alphas[0] < 1 < alphas[1]:
        raise ValueError(f"alphas {alphas}: give one power between 0 and 1 and one above 1")
    drawn = {str(name): by_sample(draws) for name, draws in quantities.data_vars.items()}
    batch = batches(next(iter(quantities.data_vars.values())))
    changes, decisions = [], []
    for (component, density), alpha in itertools.product(components.data_vars.items(), alphas):
        log_density = by_sample(density)
        if any(values.shape != log_density.shape for values in drawn.values()):
            raise ValueError(f"component {component}: its draws are not those of the quantities")
        weights = importance_weights((alpha - 1) * log_density)
        about = {"component": str(component), "alpha": alpha}
        for name, (over, under) in {**{one: (one, None) for one in drawn}, **(ratios or {})}.items():
            pair = drawn[over], drawn[under] if under else None
            changes.append({**about, "quantity": name, **_change(*pair, weights, batch)})
        if net_benefit is not None:
            decisions.append({**about, **_decision(net_benefit, weights)})
    table = pd.DataFrame(changes)
    return PowerScaling(table, _sensitivity(table, alphas, [*drawn]), pd.DataFrame(decisions))


def _change(over: Array, under: Array | None, weights: Weights, batch: Index) -> dict[str, float | bool]:
    """Change of a mean, or of a ratio of means, under weights."""
    plain = over.mean() if under is None else over.mean() / under.mean()
    known = {
        "mean": float(plain),
        "pareto_k": weights.pareto_k,
        "effective": weights.effective,
        "usable": weights.usable,
    }
    if not weights.usable:
        return {**known, "scaled": np.nan, "change": np.nan, "change_error": np.nan, "distance": np.nan}
    lower = 1.0 if under is None else float(weighted_mean(under, weights))
    scaled = float(weighted_mean(over, weights)) / lower
    moved = _influence(over, under, scaled, lower) * weights.values * over.size
    still = _influence(over, under, float(plain), 1.0 if under is None else float(under.mean()))
    size = abs(float(plain)) or np.nan
    return {
        **known,
        "scaled": scaled,
        "change": (scaled - float(plain)) / size,
        "change_error": float(error_of_mean(moved - still, batch)) / size,
        "distance": distance(over, weights) if under is None else np.nan,
    }


def _influence(over: Array, under: Array | None, ratio: float, lower: float) -> Array:
    """What each draw adds to a mean or to a ratio of means."""
    found: Array = (over - ratio * (1.0 if under is None else under)) / lower
    return found


def _decision(net_benefit: xr.DataArray, weights: Weights) -> dict[str, object]:
    """The best option as things stand and under weights; unknown where the weights cannot be believed."""
    values = by_sample(net_benefit.transpose(..., "option"))
    options = [str(option) for option in net_benefit["option"].to_numpy()]
    best = options[int(values.mean(axis=0).argmax())]
    if not weights.usable:
        return {"best": best, "best_scaled": "", "changes": pd.NA}
    scaled = options[int(weighted_mean(values, weights).argmax())]
    return {"best": best, "best_scaled": scaled, "changes": scaled != best}


def _sensitivity(changes: pd.DataFrame, alphas: tuple[float, float], names: Sequence[str]) -> pd.DataFrame:
    """Distance per doubling of a density, the mean over both powers; missing where one of them is."""
    steps = changes["alpha"].map({alpha: abs(np.log2(alpha)) for alpha in alphas})
    rows = changes.assign(sensitivity=changes["distance"] / steps)
    grouped = rows[rows["quantity"].isin(names)].groupby(["component", "quantity"], sort=False)["sensitivity"]
    table = grouped.agg(lambda both: both.mean(skipna=False)).reset_index()
    matters = (table["sensitivity"] >= SENSITIVE).astype("boolean").mask(table["sensitivity"].isna())
    return table.assign(matters=matters)
