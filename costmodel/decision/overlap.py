"""Programmes that overlap within target groups, as one outcome of their coverages (MODEL.md section 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import interpolate

from costmodel.decision.batches import Array, Index, by_sample
from costmodel.decision.portfolio import Item
from costmodel.programmes import combine_factors


@dataclass(frozen=True)
class Bundle:
    """Programmes that overlap within target groups.

    Attributes:
        benefit: Benefit of each item alone by coverage, one smooth curve a draw.
        cost: Cost of each item by coverage, likewise.
        group: Target group of each item, dims (item,).
        at_stake: What each group can avert at most, dims (group, sample) [currency].
        overlap: Power to which further programmes are raised, dims (sample,) [power].
    """

    benefit: tuple[interpolate.PchipInterpolator, ...]
    cost: tuple[interpolate.PchipInterpolator, ...]
    group: Index
    at_stake: Array
    overlap: Array


def bundle(
    items: Sequence[Item],
    *,
    groups: Mapping[str, str],
    at_stake: Mapping[str, xr.DataArray],
    overlap: xr.DataArray,
) -> Bundle:
    """Grids of items as one outcome in which programmes for the same children overlap (MODEL.md eq. 64a).

    Args:
        items: What can be bought; benefits need not be concave.
        groups: Target group of each item, by name.
        at_stake: Draws of the burden that arises in each group under the comparator, dims (chain, draw): what is
            averted when nothing of it is left [currency].
        overlap: Draws of the power of eq. 23, dims (chain, draw) [power].

    Returns:
        The bundle: `outcome` and `slopes` read it.

    Raises:
        ValueError: If an item has no group, a group nothing at stake, or an item averts more than is at stake.
    """
    names = list(dict.fromkeys(groups[item.name] for item in items if item.name in groups))
    for item in items:
        if item.name not in groups or groups[item.name] not in at_stake:
            raise ValueError(f"{item.name}: no target group, or nothing at stake in it; give both")
        share = by_sample(item.benefit.transpose(..., "level")).max(axis=1)
        if (share >= by_sample(at_stake[groups[item.name]])).any():
            raise ValueError(
                f"{item.name}: averts all that is at stake in {groups[item.name]}, or more, in some draws"
            )
    return Bundle(
        benefit=tuple(_curve(item, item.benefit) for item in items),
        cost=tuple(_curve(item, item.cost) for item in items),
        group=np.array([names.index(groups[item.name]) for item in items]),
        at_stake=np.stack([by_sample(at_stake[name]) for name in names]),
        overlap=by_sample(overlap),
    )


def _curve(item: Item, draws: xr.DataArray) -> interpolate.PchipInterpolator:
    """A monotone cubic through the levels of each draw: smooth, and never beyond them."""
    values = by_sample(draws.transpose(..., "level"))
    if len(item.levels) == 2:  # which are a line
        return interpolate.PchipInterpolator(
            [0.0, item.levels[1] / 2, item.levels[1]],
            np.stack([values[:, 0], values.mean(axis=1), values[:, 1]]),
        )
    return interpolate.PchipInterpolator(item.levels, values.T)


def outcome(of: Bundle, coverage: Array) -> tuple[Array, Array]:
    """Draws of benefit and cost of a bundle at a coverage (MODEL.md eq. 64a).

    Args:
        of: The bundle.
        coverage: Of each item, dims (item,) [share].

    Returns:
        Benefit and cost, dims (sample,) [currency]. A lone programme in a group brings what it brings alone.
    """
    benefit = np.zeros(of.overlap.size)
    factors = _factors(of, coverage)
    for group, stake in enumerate(of.at_stake):
        joint = combine_factors(factors[of.group == group][:, :, None], overlap=of.overlap)[:, 0]
        benefit += stake * (1 - joint)
    costs = [curve(share) for curve, share in zip(of.cost, coverage, strict=True)]
    return benefit, np.sum(costs, axis=0)


def slopes(of: Bundle, coverage: Array) -> tuple[Array, Array]:
    """Derivatives of `outcome`, dims (sample, item); where two programmes are equally strong, of the first.

    Args:
        of: The bundle.
        coverage: Of each item, dims (item,) [share].

    Returns:
        Of benefit and of cost [currency per unit of coverage].
    """
    alone = np.stack([curve(share, 1) for curve, share in zip(of.benefit, coverage, strict=True)])
    costs = np.stack([curve(share, 1) for curve, share in zip(of.cost, coverage, strict=True)])
    factors = _factors(of, coverage)
    benefit = np.zeros_like(alone)
    for group in range(of.at_stake.shape[0]):
        mine = np.flatnonzero(of.group == group)
        joint = combine_factors(factors[mine][:, :, None], overlap=of.overlap)[:, 0]
        strongest = np.arange(mine.size)[:, None] == factors[mine].argmin(axis=0)
        power = of.overlap + (1 - of.overlap) * strongest
        benefit[mine] = joint * power * alone[mine] / factors[mine]
    return benefit.T, costs.T


def _factors(of: Bundle, coverage: Array) -> Array:
    """What each programme alone leaves of what is at stake in its group, dims (item, sample)."""
    alone = np.stack([curve(share) for curve, share in zip(of.benefit, coverage, strict=True)])
    factors: Array = 1 - alone / of.at_stake[of.group]
    return factors
