"""How far a belief would have to move before another option is best (MODEL.md section 12)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.decision.batches import Array, Index, batches, by_sample
from costmodel.decision.weights import Weights, importance_weights, weighted_error, weighted_mean

#: Farthest shift that is looked at, and steps in which it is looked for [SD].
FARTHEST, STEP = 3.0, 0.1
#: Halvings of the step in which the best option changes.
N_HALVINGS = 30


@dataclass(frozen=True)
class BreakEvenPrior:
    """The smallest shift of one belief, each way, at which another option is best.

    Attributes:
        best: The option with the largest expected net benefit as things stand.
        table: One row a direction (down, up): direction, shift [SD; missing where none was found],
            shift_error, changes_to (empty where none was found), mean of the parameter after the shift [its
            unit], pareto_k, effective [draws], reached [SD]: how far the weights could be believed.
    """

    best: str
    table: pd.DataFrame

    @property
    def words(self) -> str:
        """What was found, in one sentence."""
        found = self.table[self.table["changes_to"] != ""]
        if found.empty:
            down, up = self.table["reached"]
            return (
                f"“{self.best}” stays best for every shift of the belief that the draws can answer for, from "
                f"{down:.1f} below to {up:.1f} SDs above; farther needs a new fit"
            )
        nearest = found.loc[found["shift"].abs().idxmin()]
        return (
            f"“{nearest['changes_to']}” would be best in place of “{self.best}” if the belief were "
            f"{abs(nearest['shift']):.1f} SDs {'lower' if nearest['shift'] < 0 else 'higher'}"
        )


def tilted(parameter: Array, *, shift: float, sd: float) -> Weights:
    """Weights under which the mean of a belief lies elsewhere (MODEL.md eq. 60).

    A normal belief times exp(shift · x / SD) is the same belief with its mean moved by that many SDs, exactly. With
    the SD of a prior it is the prior that moves, whatever the data: the likelihood stays as it is. With the SD of the
    draws it is what is believed now, after the data. Of another shape it is the nearest distribution with another mean.

    Args:
        parameter: Posterior draws, dims (sample,) [any unit].
        shift: By how much the mean moves [SD].
        sd: Standard deviation of the belief that is moved: of the prior, or of the draws [unit of `parameter`].

    Returns:
        Smoothed weights.

    Raises:
        ValueError: If the standard deviation is not above 0.
    """
    if not sd > 0:
        raise ValueError(f"sd: {sd}; give the standard deviation of the belief that is moved, above 0")
    return importance_weights(shift * (parameter - parameter.mean()) / sd)


def break_even_prior(net_benefit: xr.DataArray, parameter: xr.DataArray, *, sd: float) -> BreakEvenPrior:
    """Smallest shift of a belief at which another option has the largest expected net benefit (MODEL.md eq. 60).

    Shifts are looked for up to three SDs each way, and no farther than the weights can be believed (Pareto k
    up to 0.7, less with few draws).

    Args:
        net_benefit: Draws of every option, the comparator among them if inaction is a choice, dims (chain, draw,
            option) [currency].
        parameter: Posterior draws, dims (chain, draw) [any unit].
        sd: As in `tilted` [unit of `parameter`].

    Returns:
        The best option, and for each direction the shift that changes it.

    Raises:
        ValueError: If there is one option only, or `sd` is not above 0.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x = xr.DataArray(rng.normal(size=(4, 1000)), dims=("chain", "draw"))
        >>> net = xr.concat([0 * x, x + 1], dim="option").assign_coords(option=["nothing", "act"])
        >>> print(break_even_prior(net, x, sd=1.0).words)
        “nothing” would be best in place of “act” if the belief were 1.0 SDs lower
    """
    options = [str(option) for option in net_benefit["option"].to_numpy()]
    if len(options) < 2:
        raise ValueError(
            "net_benefit: one option; a choice needs two, such as the comparator with 0 everywhere"
        )
    values = by_sample(net_benefit.transpose(..., "option"))
    drawn, batch = by_sample(parameter), batches(parameter)
    best = int(values.mean(axis=0).argmax())
    rows = [_one_way(values, drawn, options, best=best, sd=sd, sign=sign, batch=batch) for sign in (-1, 1)]
    return BreakEvenPrior(options[best], pd.DataFrame(rows))


def _one_way(
    values: Array,
    drawn: Array,
    options: list[str],
    *,
    best: int,
    sd: float,
    sign: int,
    batch: Index,
) -> dict[str, object]:
    """The smallest shift in one direction."""
    reached, found = 0.0, math.nan
    for shift in np.arange(STEP, FARTHEST + STEP / 2, STEP):
        weights = tilted(drawn, shift=sign * shift, sd=sd)
        if not weights.usable:
            break
        if int(weighted_mean(values, weights).argmax()) != best:
            found = _bisected(values, drawn, best, sd=sd, sign=sign, ends=(reached, float(shift)))
            break
        reached = float(shift)
    stop = found if math.isfinite(found) else reached
    weights = tilted(drawn, shift=sign * stop, sd=sd)
    means = weighted_mean(values, weights)
    other = int(np.argsort(means)[-1]) if int(means.argmax()) != best else int(np.argsort(means)[-2])
    return {
        "direction": "down" if sign < 0 else "up",
        "shift": sign * found,
        "shift_error": _error(values[:, best] - values[:, other], drawn / sd, weights, batch)
        if math.isfinite(found)
        else math.nan,
        "changes_to": options[other] if math.isfinite(found) else "",
        "mean": float(weighted_mean(drawn, weights)),
        "pareto_k": weights.pareto_k,
        "effective": weights.effective,
        "reached": stop,
    }


def _bisected(
    values: Array, drawn: Array, best: int, *, sd: float, sign: int, ends: tuple[float, float]
) -> float:
    """The shift between two at which the best option changes."""
    low, high = ends
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2
        means = weighted_mean(values, tilted(drawn, shift=sign * middle, sd=sd))
        low, high = (middle, high) if int(means.argmax()) == best else (low, middle)
    return high


def _error(lead: Array, scaled: Array, weights: Weights, batch: Index) -> float:
    """Error of the shift: that of the lead, which is 0 there, over how fast the lead falls."""
    centre = float(weighted_mean(scaled, weights))
    slope = float(weighted_mean(lead * (scaled - centre), weights))
    return float(weighted_error(lead, weights, batch)) / abs(slope)


__all__ = ["BreakEvenPrior", "break_even_prior", "tilted"]
