"""From coverage to remaining incidence: lag, ramp, decay, reach, overlap (MODEL.md section 6)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

#: Power of the last-mile premium in coverage: steep near full coverage [E].
LAST_MILE_POWER = 3
#: Steps of Newton's method when spend is turned into coverage: quadratic from above, so that far fewer would do.
NEWTON_STEPS = 30


def delay_start(coverage: ArrayLike, *, years: int) -> Array:
    """Path of the same programme started `years` later, ending on the same date (MODEL.md eq. 33).

    Args:
        coverage: Coverage, or spend, by year, dims (year,) [share, or currency/year].
        years: Years of delay.

    Returns:
        Delayed path, dims (year,); where spending has ended it stays 0.

    Example:
        >>> delay_start([0.1, 0.2, 0.0], years=1).tolist()
        [0.0, 0.1, 0.0]
    """
    path = np.asarray(coverage, dtype=float)
    shift = min(years, path.size)
    later = np.concatenate([np.zeros(shift), path[: path.size - shift]])
    return np.where(path > 0, later, 0.0)


def effective_coverage(coverage: ArrayLike, *, lag: float, ramp: float, half_life: float) -> Array:
    """Coverage that acts in each year, after lag and ramp, decaying after a stop (MODEL.md eq. 20).

    Args:
        coverage: Coverage by year, dims (..., year) [share of the target group].
        lag: Years from spending to the first effect [years].
        ramp: Years from the first to the full effect [years].
        half_life: Half-life of the effect after coverage falls [years]; NaN or 0 means that it ends at once.

    Returns:
        Acting coverage, dims as `coverage`, never above the largest coverage reached so far [share].

    Example:
        >>> effective_coverage([0.4, 0.4, 0.4], lag=0, ramp=2, half_life=0).tolist()
        [0.2, 0.4, 0.4]
    """
    path = np.asarray(coverage, dtype=float)
    n_years = path.shape[-1]
    built = np.clip((np.arange(n_years) + 1 - lag) / max(ramp, 1.0), 0.0, 1.0)
    yearly = 0.5 ** (1 / half_life) if half_life and np.isfinite(half_life) else 0.0
    steps, running = np.diff(path, prepend=0.0), np.zeros(path.shape)  # what runs on, by year of start
    acting, left = np.zeros(path.shape), np.zeros(path.shape[:-1])
    for year in range(n_years):
        rises, before = steps[..., year] >= 0, path[..., year - 1]
        # after a fall every start loses the same share; what it had built up fades
        kept = np.divide(path[..., year], before, out=np.ones(before.shape), where=~rises)
        left = (left + (1 - kept) * (running[..., :year] @ built[:year][::-1])) * yearly
        running = running * kept[..., None]
        running[..., year] = np.where(rises, steps[..., year], 0.0)
        acting[..., year] = running[..., : year + 1] @ built[: year + 1][::-1] + left
    return np.minimum(acting, np.maximum.accumulate(path, axis=-1))


def incidence_share(target_share: ArrayLike, *, relative_risk: ArrayLike) -> Array:
    """Share of new victims who come from a group (MODEL.md eq. 21).

    Args:
        target_share: Share of children in the group [share].
        relative_risk: Risk of the group against other children [1].

    Returns:
        Share of incidence, broadcast shape [share].

    Example:
        >>> incidence_share(0.25, relative_risk=3.0).item()
        0.5
    """
    group, risk = np.asarray(target_share, dtype=float), np.asarray(relative_risk, dtype=float)
    share: Array = risk * group / (1 + (risk - 1) * group)
    return share


def reduction(rr: ArrayLike, *, displacement: ArrayLike, provided: float = 0.0) -> Array:
    """Cut of today's incidence for each child more that a programme reaches, less what moves elsewhere (eq. 20a, 22).

    Args:
        rr: Relative risk among reached children, dims (draw,) [1].
        displacement: Share of averted cases that move elsewhere, dims (draw,) [share].
        provided: Share of the group reached already today, whose effect is in the estimate of incidence [share].

    Returns:
        Cut, dims (draw,); below zero in draws in which the programme harms [share].

    Example:
        >>> reduction([0.6], displacement=[0.0]).item(), reduction([0.6], displacement=[0.0], provided=0.5).item()
        (0.4, 0.5)
    """
    cut = (1 - np.asarray(rr, dtype=float)) * (1 - np.asarray(displacement, dtype=float))
    relative: Array = cut / (1 - cut * provided)
    return relative


def programme_factor(
    acting: ArrayLike, *, rr: ArrayLike, displacement: ArrayLike, provided: float = 0.0
) -> Array:
    """Incidence of a target group that is left by one programme, against today (MODEL.md eq. 20a, 22).

    Args:
        acting: Acting coverage beyond what is provided today, dims (year,) or (draw, year) [share].
        rr: Relative risk among reached children, dims (draw,) [1].
        displacement: Share of averted cases that move elsewhere, dims (draw,) [share].
        provided: Share of the group reached already today, whose effect is in the estimate of incidence [share].

    Returns:
        Factor, dims (draw, year); above 1 in draws in which the programme harms [1].

    Example:
        >>> programme_factor([0.5], rr=[0.6], displacement=[0.0], provided=0.5).item()
        0.75
    """
    averted = reduction(rr, displacement=displacement, provided=provided)
    factor: Array = 1 - averted[:, None] * np.atleast_2d(np.asarray(acting, dtype=float))
    return factor


def combine_factors(factors: ArrayLike, *, overlap: ArrayLike) -> Array:
    """Programmes for the same children: strongest in full, others to the power overlap (MODEL.md eq. 23).

    Args:
        factors: Factor of each programme, dims (programme, draw, year) [1].
        overlap: Power that shrinks every further programme, dims (draw,) [power].

    Returns:
        Joint factor, dims (draw, year); a lone programme is not shrunk [1].

    Example:
        >>> combine_factors([[[0.5]], [[0.8]]], overlap=[0.0]).item()
        0.5
    """
    logs = np.log(np.asarray(factors, dtype=float))
    power = np.asarray(overlap, dtype=float)[:, None]
    strongest = logs.min(axis=0)
    joint: Array = np.exp(power * logs.sum(axis=0) + (1 - power) * strongest)
    return joint


def remaining_incidence(shares: ArrayLike, factors: ArrayLike, *, cap: float) -> Array:
    """Incidence that is left when disjoint groups add up (MODEL.md eq. 24).

    Groups whose shares sum to more than all cases must overlap: a case then counts where most is changed, so
    that a programme beside others never undoes what they do.

    Args:
        shares: Share of incidence of each group, dims (group, draw), or (group, draw, year) where it moves.
        factors: Joint factor of each group, dims (group, draw, year) [1].
        cap: Largest total reduction [share].

    Returns:
        Remaining incidence against the comparator, dims (draw, year) [1].
    """
    averted = 1 - np.asarray(factors, dtype=float)
    given = np.asarray(shares, dtype=float)
    share = np.broadcast_to(given if given.ndim == averted.ndim else given[..., None], averted.shape)
    order = np.argsort(-np.abs(averted), axis=0, kind="stable")
    claimed = np.minimum(np.cumsum(np.take_along_axis(share, order, axis=0), axis=0), 1.0)
    counted = np.diff(claimed, axis=0, prepend=0.0)
    total = (counted * np.take_along_axis(averted, order, axis=0)).sum(axis=0)
    left: Array = np.maximum(1 - total, 1 - cap)
    return left


def delivery_cost(
    coverage: ArrayLike, *, coverage_max: float, unit_cost: ArrayLike, last_mile: ArrayLike
) -> Array:
    """Cost per child of the target group and year, with a last-mile premium (MODEL.md eq. 25).

    Args:
        coverage: Coverage by year, dims (year,) or (draw, year) [share].
        coverage_max: Coverage that no programme has passed [share].
        unit_cost: Cost per reached child, dims (draw,) [currency/child/year].
        last_mile: Extra unit cost at full coverage, dims (draw,) [multiple].

    Returns:
        Cost, dims (draw, year) [currency/child of the group/year].
    """
    path = np.atleast_2d(np.asarray(coverage, dtype=float))
    premium = 1 + np.asarray(last_mile, dtype=float)[:, None] * (path / coverage_max) ** LAST_MILE_POWER
    cost: Array = np.asarray(unit_cost, dtype=float)[:, None] * premium * path
    return cost


def coverage_bought(
    spend: ArrayLike, *, coverage_max: float, unit_cost: ArrayLike, last_mile: ArrayLike
) -> Array:
    """Coverage that a spend buys: `delivery_cost` solved for coverage in each draw (MODEL.md eq. 25a).

    Args:
        spend: Spend per child of the target group, dims (draw, year) [currency/child of the group/year].
        coverage_max: Coverage that no programme has passed [share].
        unit_cost: Cost per reached child, dims (draw,) [currency/child/year].
        last_mile: Extra unit cost at full coverage, dims (draw,) [multiple].

    Returns:
        Coverage, dims (draw, year); `coverage_max` where spend would buy more: the rest is not spent [share].

    Example:
        >>> coverage_bought([[45.0, 500.0]], coverage_max=0.8, unit_cost=[100.0], last_mile=[1.0]).round(6).tolist()
        [[0.4, 0.8]]
    """
    extra = np.asarray(last_mile, dtype=float)[:, None]
    full = np.asarray(unit_cost, dtype=float)[:, None] * coverage_max
    paid = np.minimum(np.asarray(spend, dtype=float) / full, 1 + extra)
    share = np.minimum(paid, 1.0)  # above the root, from where Newton's steps fall to it and never below
    for _ in range(NEWTON_STEPS):
        excess = share * (1 + extra * share**LAST_MILE_POWER) - paid
        share = share - excess / (1 + extra * (LAST_MILE_POWER + 1) * share**LAST_MILE_POWER)
    bought: Array = coverage_max * np.clip(share, 0.0, 1.0)
    return bought
