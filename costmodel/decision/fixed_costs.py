"""Allocations where a programme costs something however many it reaches: what is bought at all is tried in turn."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.decision.portfolio import Item, Limits, Portfolio, best_portfolio, frontier


def bundles(items: Sequence[Item], fixed: Mapping[str, float]) -> Iterator[tuple[list[Item], float]]:
    """Items of which each with a fixed cost is paid for or left out, in all ways.

    Args:
        items: What can be bought.
        fixed: Present value of the fixed cost of those that have one, by name [currency].

    Yields:
        The items that are left, and the fixed cost of them all [currency].
    """
    costly = [item.name for item in items if fixed.get(item.name, 0.0) > 0]
    for kept in itertools.product((True, False), repeat=len(costly)):
        out = {name for name, keep in zip(costly, kept, strict=True) if not keep}
        left = [item for item in items if item.name not in out]
        yield left, sum(fixed.get(item.name, 0.0) for item in left)


def best_with_fixed(
    items: Sequence[Item], fixed: Mapping[str, float], *, budget: float
) -> tuple[Portfolio | None, float]:
    """The best allocation, fixed costs counted once for each item that is bought at all (MODEL.md eq. 64).

    Args:
        items: What can be bought; their costs without what is fixed.
        fixed: Present value of the fixed cost of those that have one, by name [currency].
        budget: What may be spent in expectation [currency].

    Returns:
        The allocation, its money without what is fixed, and the fixed cost that goes with it [currency]; no
        allocation if there is nothing to buy, or nothing that the budget buys.

    Example:
        >>> one = xr.DataArray(np.ones((2, 20)), dims=("chain", "draw")) * xr.DataArray([0.0, 1.0], dims="level")
        >>> pair = [Item(name, (0.0, 1.0), gain * one, 100 * one) for name, gain in (("plain", 150), ("more", 250))]
        >>> best_with_fixed(pair, {"more": 60.0}, budget=100.0)[0].coverage.to_dict()
        {'plain': 1.0}
    """
    best: tuple[Portfolio | None, float] = (None, 0.0)
    worth = 0.0
    for left, money in bundles(items, fixed):
        if left and budget > money:
            found = best_portfolio(left, Limits(budget - money))
            if found.net_benefit - money > worth:
                best, worth = (found, money), found.net_benefit - money
    return best


def frontier_with_fixed(
    items: Sequence[Item], fixed: Mapping[str, float], *, cautions: Sequence[float], budgets: Sequence[float]
) -> pd.DataFrame:
    """Best allocations by budget and caution, fixed costs counted once for each item bought (MODEL.md eq. 64).

    Args:
        items: What can be bought; their costs without what is fixed.
        fixed: Present value of the fixed cost of those that have one, by name [currency].
        cautions: Weights of the tail mean.
        budgets: Budgets [currency].

    Returns:
        As `portfolio.frontier`, fixed costs in its money; no row where a budget buys nothing.
    """
    tables = []
    for left, money in bundles(items, fixed):
        paid = [budget for budget in budgets if budget > money]
        if left and paid:
            table = frontier(left, Limits(), cautions=cautions, budgets=[one - money for one in paid])
            table[["net_benefit", "tail_mean"]] -= money
            table["cost"] += money
            table["budget"] = [budget for budget in paid for _ in cautions]
            tables.append(table)
    if not tables:
        return pd.DataFrame()
    every = pd.concat(tables, ignore_index=True)
    weighed = (1 - every["caution"]) * every["net_benefit"] + every["caution"] * every["tail_mean"]
    best = weighed.groupby([every["budget"], every["caution"]]).idxmax()
    names = [item.name for item in items]
    found = every.loc[best.to_numpy()].reset_index(drop=True)
    found[names] = found.reindex(columns=names).fillna(0.0)
    return found


def spread_out(items: Sequence[Item], fixed: Mapping[str, float]) -> list[Item]:
    """Items whose fixed cost is charged in proportion to coverage: less than they cost below full coverage.

    Args:
        items: What can be bought; their costs without what is fixed.
        fixed: Present value of the fixed cost of those that have one, by name [currency].

    Returns:
        The items, costs still convex in coverage.
    """
    charged = []
    for item in items:
        share = xr.DataArray(np.array(item.levels) / item.levels[-1], dims="level")
        charged.append(replace(item, cost=item.cost + fixed.get(item.name, 0.0) * share))
    return charged
