"""Allocations of programmes that interact: a search, regret, and the next euro (MODEL.md section 12).

An outcome is any function of coverage that gives draws of benefit and of cost; it may run the simulation itself.
`overlap.outcome` is one made from grids, with the rule of eq. 23 within each target group; groups add up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from costmodel.decision.batches import Array, Index, batches, by_sample, error_of_mean
from costmodel.decision.portfolio import TAIL, TOLERANCE, Item, Limits, Portfolio, tail_mean, tail_weights

#: Draws of benefit and of cost at a coverage of each item, dims (sample,) each [currency].
Outcome = Callable[[Array], tuple[Array, Array]]
#: Their derivatives, dims (sample, item) each [currency per unit of coverage].
Slopes = Callable[[Array], tuple[Array, Array]]

#: Step of a numerical derivative, as a share of the largest coverage.
STEP = 1e-4
#: Step of the next euro, as a share of the largest coverage.
NEXT = 0.01
#: Iterations of one search.
N_ITERATIONS = 200
#: Change of the objective, in units of what everything costs, at which a search ends.
PRECISION = 1e-9
#: A limit that is passed by less than this share of what everything costs is kept.
SLACK = 1e-6


@dataclass(frozen=True)
class Regret:
    """What an allocation loses against another.

    Attributes:
        loss: Expected [currency].
        error: Monte Carlo standard error of the loss [currency].
        share_better: Share of draws in which it is the better one all the same [probability].
        extra_cost: Expected cost above that of the other [currency].
    """

    loss: float
    error: float
    share_better: float
    extra_cost: float


def numerical_slopes(of: Outcome, highest: Array) -> Slopes:
    """Derivatives of any outcome by differences, one-sided at the ends.

    Args:
        of: Draws of benefit and cost at a coverage.
        highest: Largest coverage of each item, dims (item,) [share].

    Returns:
        A function of coverage; two calls of the outcome an item.
    """

    def derivative(coverage: Array) -> tuple[Array, Array]:
        columns = []
        for i, most in enumerate(highest):
            ends = np.tile(np.asarray(coverage, dtype=float), (2, 1))
            ends[:, i] = np.clip(coverage[i] + np.array([-STEP, STEP]) * most, 0.0, most)
            low, high = of(ends[0]), of(ends[1])
            columns.append([(b - a) / (ends[1, i] - ends[0, i]) for a, b in zip(low, high, strict=True)])
        benefit, cost = (np.stack(side, axis=1) for side in zip(*columns, strict=True))
        return benefit, cost

    return derivative


def search(
    items: Sequence[Item],
    limits: Limits,
    of: Outcome,
    *,
    derivative: Slopes | None = None,
    starts: Sequence[Array] = (),
    caution: float = 0.0,
    tail: float = TAIL,
) -> Portfolio:
    """Best allocation found where programmes interact, by sequential quadratic programming (MODEL.md eq. 64).

    Args:
        items: What can be bought: names, largest coverage, what must be bought and what is charged to which envelope
            are read; the grids are not.
        limits: Budget and envelopes; costs of items add up.
        of: Draws of benefit and cost at a coverage of each item.
        derivative: Its derivatives; by differences if not given.
        starts: Allocations to begin from, such as that of `best_portfolio`, beside each item alone and all of them.
        caution: Weight of the tail mean, between 0 and 1.
        tail: Share of the draws in the tail.

    Returns:
        The best of all searches: a local optimum unless the objective is concave. Its `next_unit` is not known here;
        see `next_euro`.

    Raises:
        ValueError: If no search ends within the limits, or items are alternatives: what a mix of two start years costs
            no outcome says.
    """
    if any(item.instead_of for item in items):
        raise ValueError("items: alternatives cannot be searched over; search once for each and compare")
    highest = np.array([item.levels[-1] for item in items])
    least = np.array([item.least for item in items])
    slopes, unit = derivative or numerical_slopes(of, highest), float(of(highest)[1].mean()) or 1.0
    problem = _Problem(items, limits, of, slopes, caution=caution, tail=tail, unit=unit)
    found = [problem.climbed(start, least, highest) for start in _starts(least, highest, starts)]
    kept = [
        x
        for x in (np.clip(one, least, highest) for one in found)
        if problem.room(x).min(initial=0.0) > -SLACK
    ]
    if not kept:
        raise ValueError("no allocation keeps the limits; lower `least` or raise a limit")
    best = max(kept, key=problem.value)
    best[best < TOLERANCE] = 0.0
    benefit, cost = of(best)
    return Portfolio(
        coverage=pd.Series(best, index=pd.Index([item.name for item in items], name="item")),
        net_benefit=float((benefit - cost).mean()),
        tail_mean=tail_mean(benefit - cost, tail=tail),
        cost=float(cost.mean()),
        next_unit=math.nan,
        envelope_units=dict.fromkeys(limits.envelopes, math.nan),
    )


def _starts(least: Array, highest: Array, given: Sequence[Array]) -> list[Array]:
    """Where searches begin: what is given, a tenth of everything, half of it, and each item by itself."""
    alone = [np.where(np.arange(least.size) == i, highest / 2, 0.0) for i in range(least.size)]
    begun = [*given, highest / 10, highest / 2, *alone]
    return [np.clip(np.asarray(start, dtype=float), least, highest) for start in begun]


@dataclass(frozen=True)
class _Problem:
    """Objective and limits of a search at a coverage, in units of what everything costs."""

    items: Sequence[Item]
    limits: Limits
    of: Outcome
    derivative: Slopes
    caution: float
    tail: float
    unit: float

    def value(self, coverage: Array) -> float:
        """Mean and tail mean of net benefit, weighted."""
        benefit, cost = self.of(coverage)
        net = benefit - cost
        return (1 - self.caution) * float(net.mean()) + self.caution * tail_mean(net, tail=self.tail)

    def gradient(self, coverage: Array) -> Array:
        """Its derivative: of the mean over all draws, and over those in the tail."""
        benefit, cost = self.of(coverage)
        weights = self.caution * tail_weights(benefit - cost, tail=self.tail)
        weights += (1 - self.caution) / benefit.size
        slope_benefit, slope_cost = self.derivative(coverage)
        gradient: Array = weights @ (slope_benefit - slope_cost)
        return gradient

    def _charged(self) -> tuple[Array, Array]:
        """Share of each item's cost that counts against each limit, and the limits."""
        budget = {"": self.limits.budget} if math.isfinite(self.limits.budget) else {}
        ceilings = {**budget, **self.limits.envelopes}
        rows = [
            [1.0 if name == "" else item.charged.get(name, 0.0) for item in self.items] for name in ceilings
        ]
        return np.array(rows).reshape(-1, len(self.items)), np.array([*ceilings.values()])

    def room(self, coverage: Array) -> Array:
        """What each limit leaves, as a share of what everything costs, dims (limit,)."""
        shares, ceilings = self._charged()
        alone = np.array([float(self.of(one)[1].mean()) for one in np.diag(coverage)])
        left: Array = (ceilings - shares @ alone) / self.unit
        return left

    def _room_gradient(self, coverage: Array) -> Array:
        """Its derivative, dims (limit, item)."""
        steep: Array = -self._charged()[0] * self.derivative(coverage)[1].mean(axis=0) / self.unit
        return steep

    def climbed(self, start: Array, least: Array, highest: Array) -> Array:
        """Where one search ends that begins at a coverage."""
        found: Array = optimize.minimize(
            lambda x: -self.value(x) / self.unit,
            start,
            jac=lambda x: -self.gradient(x) / self.unit,
            bounds=list(zip(least, highest, strict=True)),
            constraints=self.constraints(),
            method="SLSQP",
            options={"maxiter": N_ITERATIONS, "ftol": PRECISION},
        ).x
        return found

    def constraints(self) -> list[dict[str, object]]:
        """The limits as the search wants them, with derivatives."""
        limited = self._charged()[1].size > 0
        return [{"type": "ineq", "fun": self.room, "jac": self._room_gradient}] if limited else []


def regret(of: Outcome, favourite: Array, best: Array, *, batch: Index) -> Regret:
    """What a given allocation is expected to lose against the best one, draw by draw (MODEL.md eq. 64b).

    Args:
        of: Draws of benefit and cost at a coverage of each item.
        favourite: Coverage of the allocation that is proposed, dims (item,) [share].
        best: Coverage of the best one, dims (item,) [share].
        batch: Batch of each sample (`batches.batches`), dims (sample,).

    Returns:
        The loss. The best was chosen on the same draws, so that the loss is a little too large, by less than its error.
    """
    nets, costs = [], []
    for coverage in (favourite, best):
        benefit, cost = of(np.asarray(coverage, dtype=float))
        nets.append(benefit - cost)
        costs.append(float(cost.mean()))
    loss = nets[1] - nets[0]
    return Regret(
        loss=float(loss.mean()),
        error=float(error_of_mean(loss, batch)),
        share_better=float((loss < 0).mean()),
        extra_cost=costs[0] - costs[1],
    )


def additive(items: Sequence[Item]) -> Outcome:
    """Outcome of items that do not interact, along straight lines between levels, as `best_portfolio` reads them.

    Args:
        items: What can be bought.

    Returns:
        A function of coverage, dims (item,).
    """
    grids = [[by_sample(one.transpose(..., "level")) for one in (item.benefit, item.cost)] for item in items]

    def summed(coverage: Array) -> tuple[Array, Array]:
        total = [np.zeros(grids[0][0].shape[0]), np.zeros(grids[0][0].shape[0])]
        for item, pair, share in zip(items, grids, coverage, strict=True):
            place = np.interp(share, item.levels, np.arange(len(item.levels)))
            low = min(int(place), len(item.levels) - 2)
            for side, values in enumerate(pair):
                total[side] += values[:, low] + (place - low) * (values[:, low + 1] - values[:, low])
        return total[0], total[1]

    return summed


def next_euro(items: Sequence[Item], of: Outcome, coverage: Array) -> pd.DataFrame:
    """What the next euro spent on each item brings, beside an allocation (MODEL.md eq. 64c).

    Args:
        items: What can be bought; names, draws and largest coverage are read.
        of: Draws of benefit and cost at a coverage of each item.
        coverage: The allocation, dims (item,) [share].

    Returns:
        One row an item, best first: item, coverage [share], benefit: mean benefit of the next hundredth of the
        largest coverage over its mean cost, a ratio of means, error [1]. Missing where nothing is left to buy.
    """
    here, batch = of(np.asarray(coverage, dtype=float)), batches(items[0].benefit)
    rows = []
    for i, item in enumerate(items):
        more = np.array(coverage, dtype=float)
        more[i] += NEXT * item.levels[-1]
        row = {"item": item.name, "coverage": float(coverage[i]), "benefit": math.nan, "error": math.nan}
        if more[i] <= item.levels[-1]:
            gain, price = (there - now for there, now in zip(of(more), here, strict=True))
            ratio = float(gain.mean() / price.mean())
            error = float(error_of_mean((gain - ratio * price) / price.mean(), batch))
            row |= {"benefit": ratio, "error": error}
        rows.append(row)
    return pd.DataFrame(rows).sort_values("benefit", ascending=False, ignore_index=True)
