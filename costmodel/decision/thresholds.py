"""How a quantity moves with one parameter or two, on draws as they are: tornado and thresholds (MODEL.md section 12).

Nothing is set to a value and run again: the mean of the draws near a value also moves what is correlated with it, as
learning that value would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.decision.batches import Array, Index, batches, by_sample, error_of_mean
from costmodel.decision.regression import normal_scores

#: Quantiles between which a bar of the tornado spans.
ENDS = (0.05, 0.95)
#: Half the width of a neighbourhood, in standard deviations of the normal scores of ranks.
HALF_WIDTH = 0.6
#: Points of a curve, evenly spread over ranks between the first and the last.
N_POINTS, FIRST, LAST = 41, 0.02, 0.98
#: A mean within this many Monte Carlo errors of zero has no sign.
ERRORS = 2.0
#: Cells with fewer draws than this have no mean.
FEWEST_IN_CELL = 10


@dataclass(frozen=True)
class Threshold:
    """Where the mean of a quantity changes its sign along one parameter.

    Attributes:
        curve: One row a value: value [unit of the parameter], mean, error [unit of the quantity], below: the
            probability that the parameter is at most that value [probability].
        crossings: One row a change of sign: value, low, high [unit of the parameter], below [probability], rising. The
            sign is beyond two Monte Carlo errors outside low to high; an end is missing where that is never reached.
    """

    curve: pd.DataFrame
    crossings: pd.DataFrame


def local_means(values: Array, parameter: Array, at: Array, batch: Index) -> tuple[Array, Array]:
    """Mean of a quantity where a parameter is near some values, by a local parabola (MODEL.md eq. 58).

    Args:
        values: Draws of the quantity, dims (sample,) [any unit].
        parameter: Draws of the parameter, dims (sample,) [any unit].
        at: Values of the parameter, within its draws, dims (point,).
        batch: Batch of each sample, dims (sample,).

    Returns:
        Means and their Monte Carlo standard errors, dims (point,) [unit of `values`].
    """
    scores = normal_scores(parameter)
    order = np.argsort(parameter, kind="stable")
    places = np.interp(at, parameter[order], scores[order])
    found = np.array([_local_mean(values, scores - place, batch) for place in places])
    return found[:, 0], found[:, 1]


def _local_mean(values: Array, away: Array, batch: Index) -> tuple[float, float]:
    """Value at a place of a parabola through the draws near it, weighted by nearness, and its error."""
    kernel = np.clip(1 - (away / max(HALF_WIDTH, 2 * float(np.abs(away).min()))) ** 2, 0, None)
    terms = np.stack([np.ones_like(away), away, away**2], axis=1)
    # draws that all lie in one place have a mean and neither slope nor curvature: the pseudoinverse leaves them at 0
    smoothers = np.linalg.pinv(terms.T @ (kernel[:, None] * terms), hermitian=True) @ (terms.T * kernel)
    left = values - terms @ (smoothers @ values)
    return float(smoothers[0] @ values), float(error_of_mean(values.size * smoothers[0] * left, batch))


def tornado(quantity: xr.DataArray, parameters: xr.Dataset) -> pd.DataFrame:
    """Mean of a quantity where each parameter is near its 5 and its 95% quantile (MODEL.md eq. 58).

    Args:
        quantity: Draws, dims (chain, draw) [unit of the caller].
        parameters: Draws, dims (chain, draw) each [any units].

    Returns:
        One row a parameter, widest first: parameter, at_low, at_high [unit of the parameter], mean_low, mean_low_error,
        mean_high, mean_high_error, swing = mean_high - mean_low, swing_error [unit of `quantity`]. One that never
        varies has no row.

    Raises:
        ValueError: If a parameter has other dims.

    Example:
        >>> steps = xr.DataArray(np.linspace(0, 1, 2000).reshape(2, 1000), dims=("chain", "draw"))
        >>> rows = tornado(steps**2, xr.Dataset({"p": steps}))
        >>> rows[["mean_low", "mean_high"]].round(2).to_numpy().tolist()
        [[0.0, 0.9]]
    """
    values, batch = by_sample(quantity), batches(quantity)
    rows = []
    for name, draws in parameters.data_vars.items():
        one = by_sample(draws)
        if one.ndim != 1:
            raise ValueError(f"{name}: dims {draws.dims}; select one cell, dims (chain, draw)")
        if np.ptp(one) > 0:
            at = np.quantile(one, ENDS, method="nearest")
            rows.append({"parameter": str(name), **_bar(values, one, at, batch)})
    if not rows:
        raise ValueError("parameters: none varies; there is nothing to order")
    return pd.DataFrame(rows).sort_values("swing", key=abs, ascending=False, ignore_index=True)


def _bar(values: Array, parameter: Array, at: Array, batch: Index) -> dict[str, float]:
    """One bar of the tornado."""
    means, errors = local_means(values, parameter, at, batch)
    return {
        "at_low": float(at[0]),
        "at_high": float(at[1]),
        "mean_low": float(means[0]),
        "mean_low_error": float(errors[0]),
        "mean_high": float(means[1]),
        "mean_high_error": float(errors[1]),
        "swing": float(means[1] - means[0]),
        "swing_error": float(np.hypot(*errors)),
    }


def threshold(quantity: xr.DataArray, parameter: xr.DataArray) -> Threshold:
    """Where along one parameter the mean of a quantity, such as net benefit, changes its sign (MODEL.md eq. 59).

    Args:
        quantity: Draws, dims (chain, draw) [unit of the caller].
        parameter: Draws, dims (chain, draw) [unit of the caller].

    Returns:
        The curve between the 2 and 98% quantiles of the parameter, and its changes of sign.

    Raises:
        ValueError: If the parameter does not vary.
    """
    values, one, batch = by_sample(quantity), by_sample(parameter), batches(quantity)
    if np.ptp(one) == 0:
        raise ValueError(f"{parameter.name}: all draws are equal; there is no threshold along it")
    at = np.unique(np.quantile(one, np.linspace(FIRST, LAST, N_POINTS), method="nearest"))
    means, errors = local_means(values, one, at, batch)
    below = np.searchsorted(np.sort(one), at, side="right") / one.size
    curve = pd.DataFrame({"value": at, "mean": means, "error": errors, "below": below})
    rows = [_crossing(curve, int(i)) for i in np.flatnonzero(np.sign(means[1:]) != np.sign(means[:-1]))]
    return Threshold(curve, pd.DataFrame(rows, columns=["value", "low", "high", "below", "rising"]))


def _crossing(curve: pd.DataFrame, before: int) -> dict[str, float | bool]:
    """One change of sign, between two points of the curve."""
    at, means = curve["value"].to_numpy(), curve["mean"].to_numpy()
    part = means[before] / (means[before] - means[before + 1])
    sure = np.abs(means) > ERRORS * curve["error"].to_numpy()
    earlier, later = np.flatnonzero(sure[: before + 1]), np.flatnonzero(sure[before + 1 :])
    below = curve["below"].to_numpy()
    return {
        "value": float(at[before] + part * (at[before + 1] - at[before])),
        "low": float(at[earlier[-1]]) if earlier.size else np.nan,
        "high": float(at[before + 1 + later[0]]) if later.size else np.nan,
        "below": float(below[before] + part * (below[before + 1] - below[before])),
        "rising": bool(means[before + 1] > means[before]),
    }


def threshold_grid(
    quantity: xr.DataArray,
    first: xr.DataArray,
    second: xr.DataArray,
    *,
    edges: tuple[Sequence[float], Sequence[float]] | None = None,
    n_cells: int = 10,
) -> pd.DataFrame:
    """Mean of a quantity over a grid of two parameters: where both together change its sign (MODEL.md eq. 59).

    Args:
        quantity: Draws, dims (chain, draw) [unit of the caller].
        first: Draws of one parameter, dims (chain, draw) [unit of the caller].
        second: Draws of the other, dims (chain, draw) [unit of the caller].
        edges: Edges of the cells along each, ascending; evenly spaced between the 1 and 99% quantiles if not given.
        n_cells: Cells along each parameter where no edges are given.

    Returns:
        One row a cell: first_low, first_high, second_low, second_high, mean, error [unit of `quantity`], share of
        all draws [share] and sign, 0 where two Monte Carlo errors hide it. Mean, error and sign are missing in a
        cell with fewer than ten draws.

    Raises:
        ValueError: If the two parameters are draws of other shapes.
    """
    values, batch = by_sample(quantity), batches(quantity)
    pair = [by_sample(first), by_sample(second)]
    if any(one.shape != values.shape for one in pair):
        raise ValueError("quantity and both parameters need the same draws, dims (chain, draw)")
    chosen = [np.asarray(edge, dtype=float) for edge in edges or (_edges(one, n_cells) for one in pair)]
    cells = [_cell(one, edge) for one, edge in zip(pair, chosen, strict=True)]
    rows = []
    for i, (low, high) in enumerate(zip(chosen[0][:-1], chosen[0][1:], strict=True)):
        for j, (left, right) in enumerate(zip(chosen[1][:-1], chosen[1][1:], strict=True)):
            place = {"first_low": low, "first_high": high, "second_low": left, "second_high": right}
            rows.append({**place, **_in_cell(values, (cells[0] == i) & (cells[1] == j), batch)})
    return pd.DataFrame(rows).astype(float)


def _edges(values: Array, n_cells: int) -> Array:
    """Evenly spaced edges of cells that hold nearly all draws."""
    first, last = np.quantile(values, [0.01, 0.99])
    return np.linspace(first, last, n_cells + 1)


def _cell(values: Array, edges: Array) -> Index:
    """Cell of each draw; the last cell holds its upper edge."""
    found: Index = np.searchsorted(edges, values, side="right") - 1
    return np.where(values == edges[-1], edges.size - 2, found)


def _in_cell(values: Array, inside: Array, batch: Index) -> dict[str, float]:
    """Mean of the draws in one cell, its error, and their share."""
    count = int(inside.sum())
    if count < FEWEST_IN_CELL:
        return {"mean": np.nan, "error": np.nan, "share": count / values.size, "sign": np.nan}
    mean = float(values[inside].mean())
    left = np.where(inside, values - mean, 0.0)
    error = float(error_of_mean(left, batch)) * values.size / count
    sign = 0.0 if abs(mean) <= ERRORS * error else float(np.sign(mean))
    return {"mean": mean, "error": error, "share": count / values.size, "sign": sign}
