"""The answer without one of its sources: by weights, where weights can tell (MODEL.md section 12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.decision.batches import Array, Index, batches, by_sample, error_of_mean
from costmodel.decision.weights import (
    Weights,
    importance_weights,
    weighted_error,
    weighted_mean,
    weighted_quantiles,
)

LEVELS = (0.05, 0.50, 0.95)
#: A change within this many Monte Carlo errors may be none.
ERRORS = 2.0
IMPORTANCE, REFIT = "importance", "refit"

#: Fits again without the named source and returns draws of the quantity, dims (chain, draw).
Refit = Callable[[str], xr.DataArray]


@dataclass(frozen=True)
class LeftOut:
    """A quantity without each of its sources.

    Attributes:
        table: One row a source: source, method (importance, or refit where only that can tell), mean, error, low, mid,
            high [unit of the quantity], change, change_error [share of the mean with all sources], pareto_k, effective
            [draws], clear: whether the change is beyond two errors. These come first, the largest at the top; numbers
            of a row that waits for a refit are missing.
        mean: Mean with all sources [unit of the quantity].
        refits: Calls that fit without a source, by source, for those whose weights say nothing; none has been made.
    """

    table: pd.DataFrame
    mean: float
    refits: Mapping[str, Callable[[], xr.DataArray]]

    @property
    def words(self) -> list[str]:
        """One sentence for each source that weights cannot leave out."""
        waiting = self.table[(self.table["method"] == REFIT) & self.table["mean"].isna()]
        return [
            f"{row.source}: weights will not do (Pareto k {row.pareto_k:.2f}): refit without it"
            for row in waiting.itertuples()
        ]


def leave_one_out(quantity: xr.DataArray, sources: xr.Dataset, *, refit: Refit | None = None) -> LeftOut:
    """A quantity without each source in turn: its log likelihood taken away by weights (MODEL.md eq. 62).

    Args:
        quantity: Draws, dims (chain, draw) [unit of the caller].
        sources: Log likelihood of each source, summed over its observations, dims (chain, draw), of the same draws
            (`power_scaling.summed_density`) [log].
        refit: Fits without a named source; kept for the caller to call, which takes minutes.

    Returns:
        One row a source; where Pareto k says that weights mislead, no number but the word that a fit is needed.

    Raises:
        ValueError: If a source has other draws than the quantity.
    """
    values, batch = by_sample(quantity), batches(quantity)
    rows = []
    for source, density in sources.data_vars.items():
        log_likelihood = by_sample(density)
        if log_likelihood.shape != values.shape:
            raise ValueError(f"source {source}: its draws are not those of the quantity")
        rows.append({"source": str(source), **_without(values, importance_weights(-log_likelihood), batch)})
    table = pd.DataFrame(rows)
    waiting = table.loc[table["method"] == REFIT, "source"]
    calls = {source: partial(refit, source) for source in waiting} if refit is not None else {}
    return LeftOut(_ordered(table), float(values.mean()), calls)


def with_refits(left: LeftOut, found: Mapping[str, xr.DataArray]) -> LeftOut:
    """Fill in what was fitted without a source.

    Args:
        left: As `leave_one_out` returns it.
        found: Draws of the quantity from a fit without the source, dims (chain, draw), by source [unit of the
            quantity].

    Returns:
        The same with these rows known; the change is unpaired, so that its error is that of two fits.

    Raises:
        ValueError: If a source is none of the table.
    """
    table = left.table.set_index("source")
    unknown = sorted(set(found) - set(table.index))
    if unknown:
        raise ValueError(f"source {unknown[0]}: not in the table; leave it out in `leave_one_out` first")
    for source, draws in found.items():
        values = by_sample(draws)
        error = float(error_of_mean(values, batches(draws)))
        low, mid, high = np.quantile(values, LEVELS)
        table.loc[source, ["mean", "error", "low", "mid", "high"]] = [values.mean(), error, low, mid, high]
        table.loc[source, "change"] = (values.mean() - left.mean) / abs(left.mean)
        table.loc[source, "change_error"] = error / abs(left.mean)
    calls = {source: call for source, call in left.refits.items() if source not in found}
    return LeftOut(_ordered(table.reset_index()), left.mean, calls)


def _without(values: Array, weights: Weights, batch: Index) -> dict[str, float | str]:
    """Statistics of a quantity under weights, missing where these mislead."""
    known = {"pareto_k": weights.pareto_k, "effective": weights.effective}
    names = ("mean", "error", "low", "mid", "high", "change", "change_error")
    if not weights.usable:
        return {"method": REFIT, **dict.fromkeys(names, np.nan), **known}
    mean, size = float(weighted_mean(values, weights)), abs(float(values.mean())) or np.nan
    paired = weights.values * values.size * (values - mean) - (values - values.mean())
    numbers = (
        mean,
        float(weighted_error(values, weights, batch)),
        *weighted_quantiles(values, weights, LEVELS).tolist(),
        (mean - float(values.mean())) / size,
        float(error_of_mean(paired, batch)) / size,
    )
    return {"method": IMPORTANCE, **dict(zip(names, numbers, strict=True)), **known}


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Changes beyond their error first, the largest at the top; those that are not known last."""
    clear = (
        (table["change"].abs() > ERRORS * table["change_error"])
        .astype("boolean")
        .mask(table["change"].isna())
    )
    order = [clear.fillna(False), table["change"].abs().fillna(-1.0)]
    ranked = pd.concat(order, axis=1, keys=["clear", "size"]).sort_values(["clear", "size"], ascending=False)
    return table.assign(clear=clear).loc[ranked.index].reset_index(drop=True)
