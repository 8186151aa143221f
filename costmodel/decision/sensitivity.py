"""What drives a quantity: shares of its variance by group of parameters, on draws as they are (MODEL.md section 12).

The draws are correlated, so that first-order shares overlap and may add up to more than one; Shapley shares divide
what is explained and add up to it. Nothing is simulated again: what cannot be predicted from the groups is left
unexplained.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel.decision.batches import Array, Index, batches, by_sample, error_of_mean
from costmodel.decision.regression import Basis, basis, predicted
from costmodel.errors import suggestion
from costmodel.randomness import generator

#: Up to this many groups every subset is regressed; beyond, those of random orders are.
MOST_EXACT = 8
#: Random orders, each with its reverse, beyond that.
N_ORDERS = 40

Subset = frozenset[int]


@dataclass(frozen=True)
class VarianceShares:
    """Shares of the variance of one quantity.

    Attributes:
        table: One row a group, largest Shapley share first: group, first_order, first_order_error, shapley,
            shapley_error [share of the variance].
        explained: Share that all groups together explain, the sum of Shapley shares [share].
        explained_error: Its Monte Carlo standard error [share].
        log: Whether shares are of the variance of the log.
        exact: Whether every subset of groups was regressed, or those of random orders.
    """

    table: pd.DataFrame
    explained: float
    explained_error: float
    log: bool
    exact: bool


@dataclass(frozen=True)
class _Explained:
    """Explained shares of subsets of groups, and what each draw adds to each of them."""

    share: Array
    influence: Array


def variance_shares(
    quantity: xr.DataArray,
    parameters: xr.Dataset,
    *,
    groups: Mapping[str, Sequence[str]],
    log: bool = False,
    seed: int = 0,
) -> VarianceShares:
    """First-order and Shapley shares of the variance, by group (MODEL.md eq. 56, 57; Song, Nelson and Staum 2016).

    Args:
        quantity: Draws, dims (chain, draw) [unit of the caller].
        parameters: Draws of what may drive it, dims (chain, draw, ...); every label of other dims is a column [any
            units].
        groups: Names of parameters by group: by sub-model, or by the source that informs them. One parameter may be
            in several.
        log: Shares of the variance of the log: with a standard deviation of the log near 1 those of the quantity
            itself are ruled by its upper tail.
        seed: Seed of the random orders that are taken of more than eight groups.

    Returns:
        The shares. One may lie below 0 by its error.

    Raises:
        ValueError: If a group names an unknown parameter or none, the quantity does not vary, or it has no log.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> draws = xr.Dataset({name: (("chain", "draw"), rng.normal(size=(4, 500))) for name in "ab"})
        >>> found = variance_shares(2 * draws.a + draws.b, draws, groups={"one": ["a"], "two": ["b"]})
        >>> found.table["group"].tolist(), found.table["shapley"].round(1).tolist()
        (['one', 'two'], [0.8, 0.2])
    """
    target, batch = _target(quantity, log=log), batches(quantity)
    columns, members = _columns(parameters, groups)
    n_groups = len(groups)
    weights = _weights(n_groups, seed=seed)
    subsets = {subset: i for i, subset in enumerate(_visited(weights, n_groups))}
    products = not log and bool(target.min() > 0)
    found = _explained(target, basis(columns, target, batch), members, subsets, products=products)
    each = np.stack([_dense(one, subsets, n_groups) for one in weights])
    table = _table([*groups], found, each, batch, subsets)
    everything = subsets[frozenset(range(n_groups))]
    return VarianceShares(
        table=table.sort_values("shapley", ascending=False, ignore_index=True),
        explained=float(found.share[everything]),
        explained_error=float(error_of_mean(found.influence[:, everything], batch)),
        log=log,
        exact=n_groups <= MOST_EXACT,
    )


def _target(quantity: xr.DataArray, *, log: bool) -> Array:
    """The quantity, or its log, over samples."""
    values = by_sample(quantity)
    if values.ndim != 1:
        raise ValueError(f"{quantity.name}: dims {quantity.dims}; select one cell, dims (chain, draw)")
    if log and values.min() <= 0:
        share = float(np.mean(values <= 0))
        raise ValueError(f"{quantity.name}: {share:.0%} of the draws have no log; ask for shares without it")
    if np.ptp(values) == 0:
        raise ValueError(f"{quantity.name}: all draws are equal; there is no variance to share out")
    return np.log(values) if log else values


def _columns(parameters: xr.Dataset, groups: Mapping[str, Sequence[str]]) -> tuple[Array, list[Index]]:
    """Columns of all parameters that are named, and the columns of each group; one that never varies is left out."""
    names = list(dict.fromkeys(name for members in groups.values() for name in members))
    for group, members in groups.items():
        for name in members:
            if name not in parameters:
                hint = suggestion(name, map(str, parameters.data_vars))
                raise ValueError(f"group {group}: no draws of a parameter {name!r}{hint}")
        if not members:
            raise ValueError(f"group {group}: names no parameter; take it out")
    found, owner = [], []
    for name in names:
        values = by_sample(parameters[name])
        flat = values.reshape(values.shape[0], -1)
        flat = flat[:, np.ptp(flat, axis=0) > 0]
        found.append(flat)
        owner += [name] * flat.shape[1]
    places = [np.flatnonzero(np.isin(owner, list(members))) for members in groups.values()]
    return np.concatenate(found, axis=1), places


def _visited(weights: Sequence[Mapping[Subset, Array]], n_groups: int) -> list[Subset]:
    """Every subset that a share needs: those that are weighted, each group alone, and all of them."""
    alone = [frozenset([group]) for group in range(n_groups)]
    return list(dict.fromkeys([*itertools.chain(*weights), *alone, frozenset(range(n_groups))]))


def _weights(n_groups: int, *, seed: int) -> list[dict[Subset, Array]]:
    """Weights of subsets in the Shapley shares: exact and one, or one for each of some random orders."""
    if n_groups <= MOST_EXACT:
        return [_exact_weights(n_groups)]
    rng = generator(seed, name="sensitivity.orders")
    return [_order_weights(rng.permutation(n_groups)) for _ in range(N_ORDERS)]


def _exact_weights(n_groups: int) -> dict[Subset, Array]:
    """Weight of the explained share of every subset in the Shapley share of each group."""
    weights = {}
    for size in range(n_groups + 1):
        for subset in map(frozenset, itertools.combinations(range(n_groups), size)):
            inside = np.isin(np.arange(n_groups), list(subset))
            gained = 1 / (size * math.comb(n_groups, size)) if size else 0.0
            missed = 1 / ((n_groups - size) * math.comb(n_groups, size)) if size < n_groups else 0.0
            weights[subset] = np.where(inside, gained, -missed)
    return weights


def _order_weights(order: NDArray[np.intp]) -> dict[Subset, Array]:
    """The same from one order of the groups and its reverse: what each adds to those before it."""
    weights: dict[Subset, Array] = {}
    for path in (order, order[::-1]):
        for place, group in enumerate(path):
            for subset, sign in ((path[: place + 1], 0.5), (path[:place], -0.5)):
                row = weights.setdefault(frozenset(subset.tolist()), np.zeros(order.size))
                row[group] += sign
    return weights


def _dense(weights: Mapping[Subset, Array], subsets: Mapping[Subset, int], n_groups: int) -> Array:
    """Weights as a matrix, dims (group, subset)."""
    matrix = np.zeros((n_groups, len(subsets)))
    for subset, row in weights.items():
        matrix[:, subsets[subset]] = row
    return matrix


def _explained(
    target: Array, on: Basis, members: Sequence[Index], subsets: Iterable[Subset], *, products: bool
) -> _Explained:
    """Share of the variance that each subset of groups explains, of draws that were not fitted."""
    squares = (target - target.mean()) ** 2
    variance = squares.mean()
    shares, influences = [], []
    for subset in subsets:
        known = np.zeros(on.uses.shape[1], dtype=bool)
        known[np.concatenate([members[group] for group in subset]) if subset else []] = True
        found = predicted(target, on, known, products=products) if known.any() else target.mean()
        left = (target - found) ** 2
        share = 1 - left.mean() / variance
        shares.append(share)
        influences.append(((1 - share) * squares - left) / variance)
    return _Explained(np.array(shares), np.stack(influences, axis=1))


def _table(
    groups: Sequence[str], found: _Explained, each: Array, batch: Index, subsets: Mapping[Subset, int]
) -> pd.DataFrame:
    """Shares by group; the error of random orders comes on top of that of draws."""
    alone = [subsets[frozenset([group])] for group in range(len(groups))]
    mean = each.mean(axis=0)
    orders = (each @ found.share).std(axis=0, ddof=1) / math.sqrt(len(each)) if len(each) > 1 else 0.0
    return pd.DataFrame(
        {
            "group": groups,
            "first_order": found.share[alone],
            "first_order_error": error_of_mean(found.influence[:, alone], batch),
            "shapley": mean @ found.share,
            "shapley_error": np.hypot(error_of_mean(found.influence @ mean.T, batch), orders),
        }
    )
