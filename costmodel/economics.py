"""What inaction costs: present values, net benefit, delay and break-even (MODEL.md section 7)."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

#: A difference of two burdens below this share of them is what binary numbers leave of none.
FLOAT_NOISE = 1e-12


def discount_factors(schedule: Sequence[tuple[int, float]], *, n_years: int) -> Array:
    """Discount factor of each year, costs falling in mid-year (MODEL.md eq. 34).

    Args:
        schedule: (first year since the base, real rate) in ascending order, from year 0 [years, 1/year].
        n_years: Years wanted.

    Returns:
        Factor, dims (year,); the first year is discounted by half a year [1].

    Raises:
        ValueError: If a rate is -1 or less, or the schedule does not begin at year 0.

    Example:
        >>> discount_factors([(0, 0.21)], n_years=2).round(4).tolist()
        [0.9091, 0.7513]
    """
    return factors_of_rates(yearly(schedule, n_years=n_years))


def yearly(schedule: Sequence[tuple[int, float]], *, n_years: int) -> Array:
    """What a schedule says of each year, dims (year,) [unit of the schedule].

    Args:
        schedule: (first year since the base, value) in ascending order, from year 0.
        n_years: Years wanted.

    Returns:
        The value that holds in each year.

    Raises:
        ValueError: If the schedule does not begin at year 0.

    Example:
        >>> yearly([(0, 0.035), (2, 0.03)], n_years=3).tolist()
        [0.035, 0.035, 0.03]
    """
    starts, values = zip(*schedule, strict=True)
    if starts[0] != 0:
        raise ValueError("the first rate of a schedule must hold from year 0")
    place = np.searchsorted(starts, np.arange(n_years), side="right") - 1
    found: Array = np.asarray(values, dtype=float)[place]
    return found


def factors_of_rates(rates: ArrayLike) -> Array:
    """Discount factor of each year from its rate, costs falling in mid-year (MODEL.md eq. 34).

    Args:
        rates: Real rate of each year, above -1, dims (year,) [1/year].

    Returns:
        Factor, dims (year,); the first year is discounted by half a year [1].

    Raises:
        ValueError: If a rate is -1 or less.
    """
    rate = np.asarray(rates, dtype=float)
    if rate.min() <= -1:
        raise ValueError("a discount rate of -1 or less has no meaning")
    growth = np.concatenate([[1.0], np.cumprod(1 + rate)[:-1]])
    factors: Array = 1 / (growth * np.sqrt(1 + rate))
    return factors


def ramsey_rates(pure: ArrayLike, *, elasticity: ArrayLike, value_index: ArrayLike) -> Array:
    """Discount rate that follows the growth of incomes: r = pure + elasticity x growth (MODEL.md eq. 34a).

    Args:
        pure: Rate at which wellbeing itself is discounted, catastrophic risk included, dims (year,) [1/year].
        elasticity: Elasticity of the marginal utility of income, dims (year,) [1].
        value_index: Real GDP per capita, dims (year,); growth of a year is that to the next, of the last year that
            of the year before [index].

    Returns:
        Rate, dims (year,) [1/year].

    Example:
        >>> ramsey_rates([0.015, 0.015], elasticity=[1.0, 2.0], value_index=[1.0, 1.02]).round(3).tolist()
        [0.035, 0.055]
    """
    index = np.asarray(value_index, dtype=float)
    growth = np.append(index[1:] / index[:-1] - 1, 0.0)
    growth[-1] = growth[-2] if growth.size > 1 else 0.0
    rates: Array = np.asarray(pure, dtype=float) + np.asarray(elasticity, dtype=float) * growth
    return rates


def present_value(costs: ArrayLike, *, factors: ArrayLike) -> Array:
    """Present value of real yearly costs (MODEL.md eq. 35; Green Book, annex A6).

    Args:
        costs: Real and undiscounted, dims (draw, year, ...) [currency/year].
        factors: Discount factor of each year, dims (year,) [1].

    Returns:
        Sum over years, dims (draw, ...) [currency].

    Example:
        >>> present_value([[100.0, 50.0]], factors=[1.0, 0.5]).tolist()
        [125.0]
    """
    return np.tensordot(
        np.asarray(factors, dtype=float), np.moveaxis(np.asarray(costs, dtype=float), 1, 0), axes=1
    )


def lifetime_factor(timing: ArrayLike, *, value_index: ArrayLike, factors: ArrayLike, n_years: int) -> Array:
    """Value, in the year of harm, of costs that fall later: growth less discounting (MODEL.md eq. 4).

    Args:
        timing: Share of the cost in each year after the harm, dims (draw or 1, year since) [share].
        value_index: Value of one unit in each calendar year, dims (year,), to the end of the last harm
            [index].
        factors: Discount factor of each calendar year, as long as `value_index` [1].
        n_years: Years of harm.

    Returns:
        Factor, dims (draw or 1, year of harm); 1 where values grow at the discount rate [1].
    """
    weights = np.asarray(timing, dtype=float)
    path = np.asarray(value_index, dtype=float) * np.asarray(factors, dtype=float)
    span = weights.shape[1]
    ahead = np.stack([path[year : year + span] / path[year] for year in range(n_years)])
    factor: Array = weights @ ahead.T
    return factor


def burden(cost: ArrayLike, *, lifetime: Sequence[Array], factors: ArrayLike) -> Array:
    """Present value of the lifetime cost of every year's new victims, by component (MODEL.md eq. 36).

    Args:
        cost: Lifetime cost of each year's new victims at that year's values, dims (draw, year, component)
            [currency].
        lifetime: Factor of each component from `lifetime_factor`, dims (draw or 1, year).
        factors: Discount factor of each year of the horizon, dims (year,) [1].

    Returns:
        Burden, dims (draw, component) [currency of the price year, in the first year of the horizon].
    """
    costs, factor = np.asarray(cost, dtype=float), np.asarray(factors, dtype=float)
    by_component = [
        (costs[:, :, k] * lifetime[k] * factor[None, :]).sum(axis=1) for k in range(costs.shape[2])
    ]
    return np.stack(by_component, axis=1)


def burden_by_year(cost: ArrayLike, *, lifetime: Sequence[Array], factors: ArrayLike) -> Array:
    """Present value of the lifetime cost of each year's new victims, dims (draw, year); its sum is the burden (eq. 36).

    Args:
        cost: As in `burden`.
        lifetime: As in `burden`.
        factors: As in `burden`.

    Returns:
        Present value by year of harm [currency of the price year, in the first year of the horizon].
    """
    costs, factor = np.asarray(cost, dtype=float), np.asarray(factors, dtype=float)
    valued: Array = sum(
        (costs[:, :, k] * lifetime[k] for k in range(costs.shape[2])), np.zeros(costs.shape[:2])
    )
    present: Array = valued * factor[None, :]
    return present


def cost_of_inaction(burden_comparator: ArrayLike, burden_option: ArrayLike) -> Array:
    """What not taking an option loses: the avoidable part of the burden, before spend (MODEL.md eq. 37).

    Example:
        >>> cost_of_inaction([10.0], [7.0]).tolist()
        [3.0]
    """
    inaction = np.asarray(burden_comparator, dtype=float)
    lost: Array = inaction - np.asarray(burden_option, dtype=float)
    return np.where(np.abs(lost) <= FLOAT_NOISE * np.abs(inaction), 0.0, lost)


def net_benefit(benefit: ArrayLike, *, spend: ArrayLike) -> Array:
    """Cost of inaction less the present value of spend, draw by draw (MODEL.md eq. 38) [currency]."""
    net: Array = np.asarray(benefit, dtype=float) - np.asarray(spend, dtype=float)
    return net


def _mean(values: ArrayLike) -> float:
    """Mean over draws."""
    return float(np.mean(np.asarray(values, dtype=float)))


def benefit_cost_ratio(benefit: ArrayLike, *, spend: ArrayLike) -> float:
    """Mean benefit over mean spend: a ratio of means, never a mean of ratios (MODEL.md eq. 39).

    Returns:
        The ratio; NaN where nothing is spent [1].

    Example:
        >>> benefit_cost_ratio([1.0, 5.0], spend=[2.0, 1.0])
        2.0
    """
    total = _mean(spend)
    return _mean(benefit) / total if total else float("nan")


def probability_positive(values: ArrayLike) -> float:
    """Share of draws above zero [probability]."""
    return _mean(np.asarray(values, dtype=float) > 0)


def cost_of_delay(net_benefit_now: ArrayLike, net_benefit_later: ArrayLike) -> Array:
    """Net benefit lost by starting later on the same calendar horizon (MODEL.md eq. 33) [currency]."""
    lost: Array = np.asarray(net_benefit_now, dtype=float) - np.asarray(net_benefit_later, dtype=float)
    return lost


def payback_year(net_benefit_by_year: ArrayLike) -> int | None:
    """First year from which the mean cumulated net benefit stays at or above zero (MODEL.md eq. 38b).

    Args:
        net_benefit_by_year: Present value of each year's benefit less its spend, dims (draw, year) [currency].

    Returns:
        Index of the year, None if the option has not repaid its cost by the end.

    Example:
        >>> payback_year([[-3.0, 1.0, 2.0, 1.0]]), payback_year([[-3.0, 1.0]])
        (2, None)
    """
    return _stays(np.cumsum(np.asarray(net_benefit_by_year, dtype=float).mean(axis=0)))


def break_even_year(net_benefit_by_year: ArrayLike) -> int | None:
    """First year from which the mean net benefit of the single year stays at or above zero (MODEL.md eq. 38d).

    Args:
        net_benefit_by_year: As in `payback_year`.

    Returns:
        Index of the year, None if the last year still costs more than it brings.

    Example:
        >>> break_even_year([[-3.0, 1.0, 2.0, 1.0]]), break_even_year([[4.0, -1.0]])
        (1, None)
    """
    return _stays(np.asarray(net_benefit_by_year, dtype=float).mean(axis=0))


def _stays(path: Array) -> int | None:
    """Index of the first year from which a path stays at or above zero, None where its last year is below."""
    below = np.flatnonzero(path < 0)
    first = int(below[-1]) + 1 if below.size else 0
    return first if first < path.size else None


def marginal_value_of_public_funds(willingness: ArrayLike, *, net_cost: ArrayLike) -> float:
    """What the public gains for one unit of net public cost: a ratio of means (MODEL.md eq. 39b).

    Args:
        willingness: Gain of victims, households and who is paid a transfer, dims (draw,) [currency].
        net_cost: Public outlay less what public budgets save and gain in tax, dims (draw,) [currency].

    Returns:
        The ratio; infinite where it pays for itself (mean net cost at or below 0, with a gain), NaN where there is
        neither gain nor cost, or a loss that also saves money [1].

    Example:
        >>> marginal_value_of_public_funds([3.0], net_cost=[2.0])
        1.5
        >>> marginal_value_of_public_funds([3.0], net_cost=[-1.0])
        inf
    """
    gain, cost = _mean(willingness), _mean(net_cost)
    if cost > 0:
        return gain / cost
    return float("inf") if gain > 0 else float("nan")


def break_even_multiplier(benefit: ArrayLike, *, spend: ArrayLike, following: ArrayLike = 0.0) -> float:
    """Multiple of today's estimate at which mean net benefit is 0 (MODEL.md eq. 40).

    Benefit is proportional to incidence and to the cost of a victim, and to first order to the effect.

    Args:
        benefit: Cost of inaction, dims (draw,) [currency].
        spend: Present value of spend net of savings, dims (draw,) [currency].
        following: The part of spend that grows with what is multiplied, dims (draw,): care for each registered
            victim follows incidence [currency].

    Returns:
        (Mean spend - following) over (mean benefit - following); NaN where no multiple above 0 brings net benefit to
        0: `repays` says why [1].

    Example:
        >>> break_even_multiplier([4.0], spend=[1.0])
        0.25
        >>> break_even_multiplier([4.0], spend=[2.0], following=[1.0])
        0.3333333333333333
    """
    fixed, gain = _fixed_and_gain(benefit, spend=spend, following=following)
    return fixed / gain if fixed * gain > 0 else float("nan")


def repays(benefit: ArrayLike, *, spend: ArrayLike, following: ArrayLike = 0.0) -> str:
    """On which side of the break-even an option repays its cost, multiple m: m gain >= fixed cost (MODEL.md eq. 40).

    Args:
        benefit: As in `break_even_multiplier`.
        spend: As there; below 0 where programmes save more on what they replace than they cost.
        following: As there.

    Returns:
        `from` the break-even up; `up to` it, where it averts less than nothing but saves more than it costs; `always`,
        at any value; or `never`.

    Example:
        >>> [repays([gain], spend=[cost]) for gain, cost in ((4, 1), (4, -1), (-4, -1), (-4, 1))]
        ['from', 'always', 'up to', 'never']
    """
    fixed, gain = _fixed_and_gain(benefit, spend=spend, following=following)
    if fixed > 0:
        return "from" if gain > 0 else "never"
    if gain < 0:
        return "up to" if fixed < 0 else "never"
    return "always" if gain > 0 or fixed < 0 else "never"


def _fixed_and_gain(benefit: ArrayLike, *, spend: ArrayLike, following: ArrayLike) -> tuple[float, float]:
    """Mean net cost that does not grow with what is multiplied, and mean benefit less the cost that does."""
    cost, grows = _mean(spend), _mean(following)
    return 0.0 if np.isclose(cost, grows, atol=0.0) else cost - grows, _mean(benefit) - grows


def payer_matrix(
    components: Sequence[str], rows: Sequence[tuple[str, str, float]]
) -> tuple[list[str], Array]:
    """Share of each component that each payer bears (MODEL.md eq. 41).

    Args:
        components: Order of the components.
        rows: (component, payer, share).

    Returns:
        Payers in alphabetical order, and shares, dims (component, payer).

    Raises:
        ValueError: If the shares of a component do not sum to 1.
    """
    payers = sorted({payer for _, payer, _ in rows})
    shares = np.zeros((len(components), len(payers)))
    for component, payer, share in rows:
        shares[components.index(component), payers.index(payer)] += share
    if not np.allclose(shares.sum(axis=1), 1.0):
        raise ValueError("payers.csv: the shares of a component must sum to 1")
    return payers, shares


def public_shares(components: Sequence[str], rows: Sequence[tuple[str, float, int]]) -> Array:
    """Share of each component that falls on public budgets, dims (component,): the fiscal perspective."""
    shares: Mapping[str, float] = {
        component: sum(share for name, share, public in rows if name == component and public)
        for component in components
    }
    return np.array([shares[component] for component in components])
