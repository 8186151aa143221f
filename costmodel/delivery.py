"""Money that buys coverage: what is asked, what can be absorbed, what fixed cost leaves (MODEL.md eq. 25a-25e)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from costmodel.baseline import Baseline
from costmodel.evidence import Evidence
from costmodel.scenario import UNLIMITED, Lever, Option

Array = NDArray[np.float64]

#: Prior of `priors.csv` by which money grows at most where a scenario does not say; no sub-model reads it.
GROWTH_MAX = "spend_growth_max"


def usual_growth_max(evidence: Evidence) -> float:
    """Largest yearly growth of money where a scenario states none [1/year]."""
    return float(evidence.priors.at[GROWTH_MAX, "p1"])


def price_of_delivery(base: Baseline) -> Array:
    """Real cost of a unit of delivery, which is labour: 1 in the year of the latest facts, dims (year,) [1]."""
    path: Array = base.growth_to_start * base.value_index[: base.children.size]
    return path


def absorbed(asked: ArrayLike, *, growth_max: float, fixed: ArrayLike = 0.0) -> Array:
    """Money that a programme can put to use: it grows by a share a year at most (MODEL.md eq. 25c).

    The first year, and the first after a year in which nothing was bought, may be of any size.

    Args:
        asked: Money that a lever gives, dims (year,) [currency/year].
        growth_max: Largest growth from one year to the next; infinite for none [1/year].
        fixed: Fixed cost of the year, which buys nothing by itself, dims (year,) or one for all [currency/year].

    Returns:
        Money, dims (year,); never more than was asked [currency/year].

    Example:
        >>> absorbed([0.0, 10.0, 30.0, 18.0, 100.0], growth_max=0.5).tolist()
        [0.0, 10.0, 15.0, 18.0, 27.0]
    """
    path = np.array(asked, dtype=float)
    floor = np.broadcast_to(np.asarray(fixed, dtype=float), path.shape)
    for year in range(1, path.size):
        if path[year - 1] > floor[year - 1]:
            path[year] = min(path[year], path[year - 1] * (1 + growth_max))
    return path


def fixed_cost_by_year(coverage: ArrayLike, *, fixed_cost: float, price: ArrayLike) -> Array:
    """Fixed cost of a programme, in each year in which somebody is reached (MODEL.md eq. 25d).

    Args:
        coverage: Coverage by year, dims (year,) or (draw, year) [share].
        fixed_cost: As the scenario states it [currency of the price year/year].
        price: Cost of delivery in each year, 1 in the year of the latest facts, dims (year,) [1].

    Returns:
        Cost, dims (1 or draw, year) [currency of the price year/year].

    Example:
        >>> fixed_cost_by_year([0.0, 0.3], fixed_cost=100.0, price=[1.0, 1.02]).tolist()
        [[0.0, 102.0]]
    """
    reaches = np.atleast_2d(np.asarray(coverage, dtype=float)) > 0
    cost: Array = reaches * (fixed_cost * np.asarray(price, dtype=float))
    return cost


def money_left(money: ArrayLike, *, fixed_cost: float, price: ArrayLike) -> Array:
    """Money that is left for delivery when the fixed cost is paid; none, and nothing paid, below it (MODEL.md eq. 25e).

    Args:
        money: Absorbed money, dims (year,) [currency/year].
        fixed_cost: As the scenario states it [currency of the price year/year].
        price: Cost of delivery in each year, 1 in the year of the latest facts, dims (year,) [1].

    Returns:
        Money, dims (year,) [currency/year].

    Example:
        >>> money_left([80.0, 250.0], fixed_cost=100.0, price=[1.0, 1.5]).tolist()
        [0.0, 100.0]
    """
    left = np.asarray(money, dtype=float) - fixed_cost * np.asarray(price, dtype=float)
    return np.maximum(left, 0.0)


def growth_of(lever: Lever, option: Option, *, default: float) -> float:
    """Largest yearly growth of money that holds for a lever: its own, its option's, or the default [1/year]."""
    said = next((one for one in (lever.growth_max, option.growth_max) if one is not None), default)
    return float("inf") if said == UNLIMITED else float(said)


def money_by_programme(
    option: Option, asked: Mapping[str, Array], *, price: Array, default: float
) -> dict[str, Array]:
    """Absorbed money of each programme of an option that is given money, dims (year,) [currency/year]."""
    return {
        name: absorbed(
            asked[name],
            growth_max=growth_of(lever, option, default=default),
            fixed=lever.fixed_cost * price,
        )
        for name, lever in option.programmes.items()
        if lever.by_money
    }
