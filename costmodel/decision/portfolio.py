"""Where the next euro does most: the best allocation of a budget over programmes (MODEL.md section 12).

What a programme brings and costs is known in every draw at some levels of coverage, and follows straight lines
between them. Then the best allocation is a linear programme, tail risk included, and its optimum is exact.
Programmes that interact are in `allocation`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr
from scipy import optimize, sparse

from costmodel.decision.batches import Array, Index, batches, by_sample
from costmodel.randomness import generator

#: Share of the draws in the tail that risk aversion looks at.
TAIL = 0.10
#: Slack of a constraint, or coverage, below which it is taken as met or as none [share].
TOLERANCE = 1e-6
#: Draws, or resamples of all draws, for which the best allocation is found anew.
N_REPEATS = 200


@dataclass(frozen=True)
class Item:
    """What can be bought: a programme, or a programme in one period or from one start year on.

    Attributes:
        name: Of the programme, with the period where there are several.
        levels: Coverage at which it was simulated, ascending from 0 [share of the target group].
        benefit: Draws, dims (chain, draw, level), against nothing [currency].
        cost: Draws of the present value of its spend, dims (chain, draw, level) [currency].
        instead_of: Label that alternatives share, such as start years of one programme. Together they take at most one
            whole: a mix is by place, some of them starting now and others later, each at its own level.
        charged: Share of the cost that counts against each envelope: a ministry, or a period [share].
        least: Coverage that must be bought [share].
    """

    name: str
    levels: tuple[float, ...]
    benefit: xr.DataArray
    cost: xr.DataArray
    instead_of: str = ""
    charged: Mapping[str, float] = field(default_factory=dict)
    least: float = 0.0


@dataclass(frozen=True)
class Limits:
    """What may be spent, in expectation.

    Attributes:
        budget: On everything [currency].
        envelopes: On what is charged to each of them [currency].
    """

    budget: float = math.inf
    envelopes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Portfolio:
    """An allocation and what it is worth.

    Attributes:
        coverage: By item [share].
        net_benefit: Expected [currency].
        tail_mean: Mean net benefit in the worst draws: its conditional value at risk [currency].
        cost: Expected [currency].
        next_unit: What one more unit of the budget adds to the objective; 0 where the budget does not bind [1].
        envelope_units: The same of each envelope [1].
    """

    coverage: pd.Series
    net_benefit: float
    tail_mean: float
    cost: float
    next_unit: float
    envelope_units: Mapping[str, float]


@dataclass(frozen=True)
class _Grid:
    """Levels of all items side by side, without their zeros: what the linear programme weighs."""

    owner: Index
    level: Array
    net: Array
    cost: Array


def tail_mean(values: Array, *, tail: float = TAIL) -> float:
    """Mean of the worst draws, their conditional value at risk (MODEL.md eq. 64; Rockafellar and Uryasev 2000).

    Args:
        values: Draws, dims (sample,) [any unit].
        tail: Share of the draws in the tail; part of a draw counts in part.

    Returns:
        Their mean [unit of `values`].

    Example:
        >>> tail_mean(np.array([4.0, 1.0, 3.0, 2.0]), tail=0.5), tail_mean(np.array([4.0, 1.0, 3.0, 2.0]), tail=0.375)
        (1.5, 1.3333333333333333)
    """
    return float(tail_weights(values, tail=tail) @ values)


def tail_weights(values: Array, *, tail: float) -> Array:
    """Weight of each draw in the mean of the worst, dims (sample,), sum 1 [share]."""
    room = np.clip(tail * values.size - np.arange(values.size), 0.0, 1.0)
    weights = np.empty(values.size)
    weights[np.argsort(values, kind="stable")] = room / room.sum()
    return weights


def best_portfolio(
    items: Sequence[Item], limits: Limits, *, caution: float = 0.0, tail: float = TAIL
) -> Portfolio:
    """The allocation with the largest (1 - caution) · mean + caution · tail mean of net benefit (MODEL.md eq. 64).

    Args:
        items: What can be bought; benefits concave and costs convex in coverage, in expectation.
        limits: Budget and envelopes.
        caution: Weight of the tail mean, between 0 and 1.
        tail: Share of the draws in the tail.

    Returns:
        The best allocation. It may leave money unspent: what loses is not bought.

    Raises:
        ValueError: If an item is not concave, draws do not match, or what must be bought costs more than is there.

    Example:
        >>> ones = xr.DataArray(np.ones((2, 20)), dims=("chain", "draw"))
        >>> def item(name, gain):
        ...     level = xr.DataArray([0.0, 0.5, 1.0], dims="level")
        ...     return Item(name, (0.0, 0.5, 1.0), benefit=gain * level * ones, cost=100 * level * ones)
        >>> found = best_portfolio([item("good", 300), item("better", 400), item("bad", 90)], Limits(150))
        >>> found.coverage.round(2).to_dict(), round(found.next_unit, 2)
        ({'good': 0.5, 'better': 1.0, 'bad': 0.0}, 2.0)
    """
    grid = checked_grid(items)
    scale = _scale(grid)
    solved = _solve(items, grid, limits, scale=scale, caution=caution, tail=tail)
    weights = solved.x[: grid.level.size]
    shares = np.array([weights[grid.owner == i] @ grid.level[grid.owner == i] for i in range(len(items))])
    shares[shares < TOLERANCE] = 0.0
    net = grid.net @ weights
    # multipliers are derivatives of what is minimised; money is in the same unit on both sides
    units = dict(zip(_ceilings(limits), -solved.ineqlin.marginals[: len(_ceilings(limits))], strict=True))
    return Portfolio(
        coverage=pd.Series(shares, index=pd.Index([item.name for item in items], name="item")),
        net_benefit=float(net.mean()),
        tail_mean=tail_mean(net, tail=tail),
        cost=float(grid.cost.mean(axis=0) @ weights),
        next_unit=float(units.pop("", 0.0)),
        envelope_units={name: float(unit) for name, unit in units.items()},
    )


def checked_grid(items: Sequence[Item]) -> _Grid:
    """Levels of all items side by side.

    Args:
        items: What can be bought.

    Returns:
        Net benefit and cost of each level of each item, dims (sample, option).

    Raises:
        ValueError: As `best_portfolio` says.
    """
    if not items:
        raise ValueError("items: none; give what can be bought")
    nets, costs = [], []
    for item in items:
        benefit, cost = (by_sample(one.transpose(..., "level")) for one in (item.benefit, item.cost))
        _check_item(item, benefit, cost)
        nets.append(benefit[:, 1:] - cost[:, 1:])
        costs.append(cost[:, 1:])
    if len({len(one) for one in nets}) > 1:
        raise ValueError("items: not all have the same draws; simulate them together")
    owner = np.repeat(np.arange(len(items)), [len(item.levels) - 1 for item in items])
    level = np.concatenate([item.levels[1:] for item in items])
    return _Grid(owner, level, np.concatenate(nets, axis=1), np.concatenate(costs, axis=1))


def _check_item(item: Item, benefit: Array, cost: Array) -> None:
    """Refuse an item whose levels, draws or shape the linear programme cannot take."""
    levels = np.array(item.levels)
    if levels.size < 2 or levels[0] != 0 or (np.diff(levels) <= 0).any():
        raise ValueError(f"{item.name}: levels {item.levels}; give coverage ascending from 0")
    if benefit.shape != cost.shape or benefit.shape[1] != levels.size:
        raise ValueError(f"{item.name}: benefit and cost need dims (chain, draw, level), one for each level")
    if benefit[:, 0].any() or cost[:, 0].any():
        raise ValueError(f"{item.name}: benefit and cost at coverage 0 must be 0: take them against nothing")
    if not 0 <= item.least <= levels[-1]:
        raise ValueError(f"{item.name}: least {item.least} lies outside its levels, 0 to {levels[-1]}")
    for what, values, sign in (("benefit", benefit, 1), ("cost", cost, -1)):
        slopes = np.diff(values.mean(axis=0)) / np.diff(levels)
        if (sign * np.diff(slopes) > TOLERANCE * np.abs(slopes).max()).any():
            shape = "concave" if sign > 0 else "convex"
            raise ValueError(
                f"{item.name}: mean {what} is not {shape} in coverage, so that mixing levels would look better "
                "than it is; use allocation.search"
            )


def _scale(grid: _Grid) -> float:
    """Size of the money in it: a linear programme is solved in numbers near 1."""
    return float(max(np.abs(grid.net.mean(axis=0)).max(), grid.cost.mean(axis=0).max())) or 1.0


def _ceilings(limits: Limits) -> dict[str, float]:
    """What may be spent in all, under an empty name, and of each envelope."""
    total = {"": limits.budget} if math.isfinite(limits.budget) else {}
    return {**total, **limits.envelopes}


def _rows(items: Sequence[Item], grid: _Grid, limits: Limits, scale: float) -> tuple[Array, Array]:
    """Constraints on the weights of levels: ceilings first, then at most one level each, then what must be bought."""
    cost = grid.cost.mean(axis=0) / scale
    ceilings = _ceilings(limits)
    charged = [[1.0 if name == "" else item.charged.get(name, 0.0) for item in items] for name in ceilings]
    labels = [item.instead_of or f"item {i}" for i, item in enumerate(items)]
    own = np.array(labels)[grid.owner]
    rows = [cost * np.array(shares)[grid.owner] for shares in charged]
    bounds = [ceiling / scale for ceiling in ceilings.values()]
    for label in dict.fromkeys(labels):
        rows.append((own == label).astype(float))
        bounds.append(1.0)
    for i, item in enumerate(items):
        if item.least > 0:
            rows.append(np.where(grid.owner == i, -grid.level, 0.0))
            bounds.append(-item.least)
    return np.array(rows), np.array(bounds)


def _solve(
    items: Sequence[Item], grid: _Grid, limits: Limits, *, scale: float, caution: float, tail: float
) -> optimize.OptimizeResult:
    """Weights of levels that maximise the objective; with caution also the tail's edge and each draw's shortfall."""
    if not 0 <= caution <= 1 or not 0 < tail <= 1:
        raise ValueError(f"caution {caution}, tail {tail}: give a caution from 0 to 1 and a tail in (0, 1]")
    rows, bounds = _rows(items, grid, limits, scale)
    net, n_weights = grid.net / scale, grid.level.size
    objective = -(1 - caution) * net.mean(axis=0)
    ranges: list[tuple[float | None, float | None]] = [(0.0, None)] * n_weights
    matrix = sparse.csr_array(rows)
    if caution > 0:
        n_draws = net.shape[0]
        shortfall = np.full(n_draws, caution / (tail * n_draws))
        objective = np.concatenate([objective, [-caution], shortfall])
        ranges = [*ranges, (None, None), *[(0.0, None)] * n_draws]
        below = sparse.hstack([-net, np.ones((n_draws, 1)), -sparse.eye_array(n_draws)])
        padded = sparse.hstack([matrix, sparse.csr_array((rows.shape[0], n_draws + 1))])
        matrix = sparse.vstack([padded, below]).tocsr()
        bounds = np.concatenate([bounds, np.zeros(n_draws)])
    found = optimize.linprog(objective, A_ub=matrix, b_ub=bounds, bounds=ranges, method="highs")
    if found.status != 0:
        raise ValueError(f"no allocation keeps the limits: {_least_cost(items, grid, limits)}")
    return found


def _least_cost(items: Sequence[Item], grid: _Grid, limits: Limits) -> str:
    """What must be bought and what may be spent, in words."""
    cost = grid.cost.mean(axis=0)
    needed = 0.0
    for i, item in enumerate(items):
        mine = grid.owner == i
        needed += float(np.interp(item.least, [0.0, *grid.level[mine]], [0.0, *cost[mine]]))
    return (
        f"what must be bought costs {needed:.4g}, and the budget is {limits.budget:.4g}, the envelopes "
        f"{dict(limits.envelopes)}; lower `least` or raise a limit"
    )


def frontier(
    items: Sequence[Item],
    limits: Limits,
    *,
    cautions: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    budgets: Sequence[float] | None = None,
    tail: float = TAIL,
) -> pd.DataFrame:
    """Best allocations over budgets and over weights of the tail: what caution costs, and what money adds.

    Args:
        items: What can be bought.
        limits: Budget and envelopes; the budget is replaced where `budgets` is given.
        cautions: Weights of the tail mean.
        budgets: Budgets [currency].
        tail: Share of the draws in the tail.

    Returns:
        One row a budget and caution: budget, caution, net_benefit, tail_mean, cost, next_unit, and the coverage of
        each item.

    Raises:
        ValueError: As `best_portfolio`.
    """
    rows = []
    for budget in budgets if budgets is not None else [limits.budget]:
        for caution in cautions:
            found = best_portfolio(items, Limits(budget, limits.envelopes), caution=caution, tail=tail)
            rows.append(
                {
                    "budget": budget,
                    "caution": caution,
                    "net_benefit": found.net_benefit,
                    "tail_mean": found.tail_mean,
                    "cost": found.cost,
                    "next_unit": found.next_unit,
                    **found.coverage.to_dict(),
                }
            )
    return pd.DataFrame(rows)


def inclusion(
    items: Sequence[Item], limits: Limits, *, by: str = "draw", n_repeats: int = N_REPEATS, seed: int = 0
) -> pd.DataFrame:
    """How often each item is in the best allocation: if all were known, or if other draws had been made.

    Args:
        items: What can be bought.
        limits: Budget and envelopes.
        by: "draw": one draw at a time is the truth; "resample": means of batches of draws drawn with replacement,
            which shows how much the allocation owes to the Monte Carlo error. Limits are kept in expectation over
            all draws either way.
        n_repeats: Draws, evenly thinned, or resamples.
        seed: Seed of the resamples.

    Returns:
        One row an item: item, share of the repeats in which it is bought, error of that share (of `by` draw), and
        coverage, the mean over repeats [share].

    Raises:
        ValueError: If `by` is another word, or as `best_portfolio`.
    """
    grid = checked_grid(items)
    if by == "draw":
        n_draws = grid.net.shape[0]
        places = np.unique(np.linspace(0, n_draws - 1, min(n_repeats, n_draws)).astype(int))
        picked = [np.array([place]) for place in places]
    elif by == "resample":
        batch = batches(items[0].benefit)
        rng = generator(seed, name="portfolio.resample")
        stretches = [np.flatnonzero(batch == one) for one in range(int(batch.max()) + 1)]
        drawn = rng.integers(len(stretches), size=(n_repeats, len(stretches)))
        picked = [np.concatenate([stretches[one] for one in row]) for row in drawn]
    else:
        raise ValueError(f"by {by!r}: write draw or resample")
    found = np.stack([_coverage_given(items, grid, limits, draws) for draws in picked])
    share = (found > TOLERANCE).mean(axis=0)
    error = np.sqrt(share * (1 - share) / len(found)) if by == "draw" else np.full(share.size, np.nan)
    names = [item.name for item in items]
    return pd.DataFrame({"item": names, "share": share, "error": error, "coverage": found.mean(axis=0)})


def _coverage_given(items: Sequence[Item], grid: _Grid, limits: Limits, draws: Array) -> Array:
    """Best coverage of each item by the means of some draws, dims (item,)."""
    part = _Grid(grid.owner, grid.level, grid.net[draws], grid.cost)
    scale = _scale(part)
    weights = _solve(items, part, limits, scale=scale, caution=0.0, tail=TAIL).x
    return np.array([weights[grid.owner == i] @ grid.level[grid.owner == i] for i in range(len(items))])
