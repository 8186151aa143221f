"""Reduce draws to the few numbers that are reported: mean, 90% interval, median and Monte Carlo error."""

from __future__ import annotations

import math
from typing import NamedTuple

import arviz
import numpy as np
import pandas as pd
import xarray as xr

SAMPLE_DIMS = ("chain", "draw")
LEVELS = {"low": 0.05, "mid": 0.50, "high": 0.95}
STATISTICS = ("mean", "low", "mid", "high", "mcse")


#: The Monte Carlo error that is wanted, of the mean, and the standard errors that 95% of means lie within.
PRECISION, STANDARD_ERRORS = 0.01, 1.96


class Estimate(NamedTuple):
    """What is said of one uncertain quantity: mean, 5, 50 and 95% quantiles, and the error of the mean."""

    mean: float
    low: float
    mid: float
    high: float
    mcse: float


def summarise(draws: xr.DataArray) -> pd.DataFrame:
    """Reduce draws to mean, 90% interval, median and Monte Carlo standard error of the mean.

    Args:
        draws: Any quantity, dims (chain, draw, ...) [unit of the caller].

    Returns:
        One row per cell of the remaining dims, whose labels are columns, followed by mean, low, mid, high (5,
        50 and 95% quantiles) and mcse [unit of `draws`]. mcse is 0 where all draws are equal, and missing
        with fewer than four draws a chain.

    Raises:
        ValueError: If a draw is missing or infinite: a quantile of what is left would look like an answer.

    Example:
        >>> cells = xr.DataArray(np.arange(200.0).reshape(2, 50, 2), dims=("chain", "draw", "year"))
        >>> summarise(cells.assign_coords(year=[2026, 2027]))[["year", "mean", "mid"]].values.tolist()
        [[2026.0, 99.0, 99.0], [2027.0, 100.0, 100.0]]
    """
    _check_finite(draws)
    return _tidy(draws, mean=draws.mean(SAMPLE_DIMS), mcse=_mcse(draws))


def summarise_ratio(numerator: xr.DataArray, denominator: xr.DataArray) -> pd.DataFrame:
    """Reduce draws of two quantities to their ratio of means, with the spread of the ratio by draw.

    The mean column is mean(numerator) / mean(denominator), never the mean of ratios, which a few draws with a
    small denominator would rule. Its Monte Carlo error is that of (numerator - ratio x denominator) /
    mean(denominator).

    Args:
        numerator: dims (chain, draw, ...) [any unit].
        denominator: Positive in every draw, dims as `numerator` [any unit].

    Returns:
        Columns as `summarise`; every statistic is missing in cells where the denominator is 0 in all draws,
        the quantiles in cells where it is 0 in some.

    Raises:
        ValueError: If a draw is missing or infinite.

    Example:
        >>> benefit = xr.DataArray([[1.0, 9.0]], dims=("chain", "draw"))
        >>> spend = xr.DataArray([[1.0, 3.0]], dims=("chain", "draw"))
        >>> float(summarise_ratio(benefit, spend)["mean"].item())
        2.5
    """
    _check_finite(numerator)
    _check_finite(denominator)
    spent = denominator.mean(SAMPLE_DIMS)
    defined = spent != 0
    ratio = (numerator.mean(SAMPLE_DIMS) / spent.where(defined)).fillna(0)
    residual = ((numerator - ratio * denominator) / spent.where(defined)).fillna(0)
    by_draw = (numerator / denominator.where(denominator != 0)).where(defined)
    return _tidy(by_draw, mean=ratio.where(defined), mcse=_mcse(residual).where(defined))


def binned(draws: xr.DataArray, *, n_bins: int = 60) -> pd.DataFrame:
    """Count draws into bins that break at zero, so that the share below zero is exact.

    Bins of equal width span the 1 to 99% quantiles; a first and a last bin of their own width hold what lies
    outside.

    Args:
        draws: One quantity, dims (chain, draw) [unit of the caller].
        n_bins: About how many bins of equal width.

    Returns:
        Columns bin_low, bin_high [unit of `draws`] and share [0-1].

    Raises:
        ValueError: If a draw is missing or infinite.

    Example:
        >>> gains = xr.DataArray([[-1.0, 1.0, 2.0, 3.0]], dims=("chain", "draw"))
        >>> table = binned(gains, n_bins=8)
        >>> float(table.loc[table.bin_high <= 0, "share"].sum())
        0.25
    """
    _check_finite(draws)
    values = np.sort(draws.to_numpy().ravel())
    first, last = np.quantile(values, [0.01, 0.99])
    width = (last - first) / n_bins or max(abs(float(first)), 1.0) / n_bins
    # edges are whole multiples of the width, hence 0 is one of them whenever it lies inside
    inner = width * np.arange(math.floor(first / width), math.floor(last / width) + 2)
    outer = [
        edge
        for edge in (values[0], np.nextafter(values[-1], np.inf), 0.0)
        if not inner[0] <= edge <= inner[-1]
    ]
    edges = np.unique([*inner, *(edge for edge in outer if edge or values[0] < 0 <= values[-1])])
    counts, _ = np.histogram(values, edges)
    return pd.DataFrame({"bin_low": edges[:-1], "bin_high": edges[1:], "share": counts / values.size})


def draws_needed(mean: float, mcse: float, *, n_draws: int) -> int | None:
    """Draws after which the Monte Carlo error of a mean is 1% of it (MODEL.md eq. 38e).

    The error falls with the root of the number of draws; draws that hang together raise it, so that they count for
    less here as they do there.

    Args:
        mean: Mean over draws [any unit].
        mcse: Its Monte Carlo standard error [as `mean`].
        n_draws: Draws that both rest on, over all chains.

    Returns:
        Draws over all chains at which 1.96 errors are 1% of the mean; None where the mean is 0 or the error unknown.

    Example:
        >>> draws_needed(196.0, 4.0, n_draws=1000)
        16000
    """
    if mean == 0 or not (math.isfinite(mean) and math.isfinite(mcse)):
        return None
    return math.ceil(round(n_draws * (relative_error(mean, mcse) / PRECISION) ** 2, 6))


def relative_error(mean: float, mcse: float) -> float:
    """Share of a mean that its Monte Carlo error may reach: 1.96 standard errors [share]."""
    return STANDARD_ERRORS * mcse / abs(mean)


def estimates(table: pd.DataFrame) -> list[Estimate]:
    """Take what is known of the quantity in each row of a tidy table.

    Args:
        table: Columns mean, low, mid, high, mcse, and any others.

    Returns:
        One estimate a row.

    Example:
        >>> estimates(summarise(xr.DataArray([[2.0] * 4] * 2, dims=("chain", "draw"))))
        [Estimate(mean=2.0, low=2.0, mid=2.0, high=2.0, mcse=0.0)]
    """
    columns = table[list(Estimate._fields)].astype(float)
    return [Estimate(*row) for row in columns.to_numpy().tolist()]


def _check_finite(draws: xr.DataArray) -> None:
    """Refuse draws that hold a missing or infinite value."""
    missing = draws.size - int(np.isfinite(draws).sum())
    if missing:
        raise ValueError(
            f"draws of {draws.name or 'an unnamed quantity'}: {missing} of {draws.size} values are missing "
            "or infinite; find where they arise before summarising"
        )


def _mcse(draws: xr.DataArray) -> xr.DataArray:
    """Monte Carlo standard error of the mean, exactly 0 where all draws are equal."""
    error: xr.DataArray = arviz.mcse(draws.rename("mcse"), method="mean")
    equal = draws.max(SAMPLE_DIMS) == draws.min(SAMPLE_DIMS)
    return error.where(~equal, 0.0)


def _tidy(draws: xr.DataArray, *, mean: xr.DataArray, mcse: xr.DataArray) -> pd.DataFrame:
    """Put quantiles of the draws beside a mean and its error, one row per cell."""
    levels = draws.quantile(list(LEVELS.values()), dim=SAMPLE_DIMS, skipna=False).drop_vars("quantile")
    quantiles = {name: levels.isel(quantile=i) for i, name in enumerate(LEVELS)}
    cells = xr.Dataset({"mean": mean, **quantiles, "mcse": mcse})
    cells = cells.drop_vars([name for name in cells.coords if name not in cells.dims])
    if not cells.dims:
        return pd.DataFrame({name: [float(cells[name])] for name in STATISTICS})
    return cells.to_dataframe().reset_index()[[*mean.dims, *STATISTICS]]
