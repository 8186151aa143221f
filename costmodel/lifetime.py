"""When the costs of one victim fall: profiles over the years after exit, and their discount factors."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

#: Longest span over which the cost of one victim is followed [years]: to age 100 from the first exit age.
N_YEARS = 100


def average_discount(rate: ArrayLike, years: ArrayLike) -> Array:
    """Average discount factor of a constant flow over `years` (MODEL.md eq. 4).

    Args:
        rate: Discount rate net of the growth of values, continuous, any broadcastable shape [1/year].
        years: Length of the flow, above 0 [years].

    Returns:
        (1 - exp(-rate years)) / (rate years), and 1 where the rate is 0; broadcast shape [1].

    Example:
        >>> average_discount(0.03, 20.0).round(3).item()
        0.752
    """
    product = np.asarray(rate, dtype=float) * np.asarray(years, dtype=float)
    small = np.abs(product) < np.finfo(float).eps ** 0.5
    safe = np.where(small, 1.0, product)
    return np.where(small, 1.0 - product / 2, -np.expm1(-safe) / safe)


def uniform_profile(years: ArrayLike) -> Array:
    """Share of a constant flow of `years` that falls in each year after exit (MODEL.md eq. 5).

    Args:
        years: Length of the flow, dims (draw,), above 0 [years].

    Returns:
        Weights, dims (draw, year since exit), each row sums to 1 for lengths up to `N_YEARS` [1/year].

    Example:
        >>> uniform_profile([2.5])[0, :4].tolist()
        [0.4, 0.4, 0.2, 0.0]
    """
    length = np.atleast_1d(np.asarray(years, dtype=float))[:, None]
    covered = np.clip(length - np.arange(N_YEARS), 0.0, 1.0)
    return covered / covered.sum(axis=1, keepdims=True)


def earnings_weights(age: int, *, survivors: ArrayLike, earnings: ArrayLike) -> Array:
    """Expected earnings in each year after exit at `age`, relative to peak earnings (MODEL.md eq. 6).

    Args:
        age: Age at exit [years].
        survivors: Survivors by single year of age from 0, dims (age,) [share of births].
        earnings: Earnings by single year of age from 0 relative to their peak, dims (age,) [1].

    Returns:
        Survival-weighted earnings, dims (year since exit,), not normalised: their sum is the horizon in
        full years of earnings [1].
    """
    alive = np.asarray(survivors, dtype=float)
    product = alive * np.asarray(earnings, dtype=float)[: alive.size] / alive[age]
    weights = np.zeros(N_YEARS)
    tail = product[age : age + N_YEARS]
    weights[: tail.size] = tail
    return weights


def single_ages(ages: ArrayLike, values: ArrayLike, *, n_ages: int = N_YEARS + 1) -> Array:
    """Values at single years of age by linear interpolation between the ages given, flat outside them.

    Example:
        >>> single_ages([0, 2], [1.0, 0.5], n_ages=3).tolist()
        [1.0, 0.75, 0.5]
    """
    given, known = np.asarray(ages, dtype=float), np.asarray(values, dtype=float)
    single: Array = np.interp(np.arange(n_ages), given, known)
    return single


def profile_discount(weights: ArrayLike, rate: ArrayLike) -> Array:
    """Discount factor of a profile at a constant net rate, costs falling in mid-year (MODEL.md eq. 4).

    Args:
        weights: Dims (..., year since exit), normalised here [1].
        rate: Discount rate net of growth, dims of the rest or scalar [1/year].

    Returns:
        Factor, dims (...) [1].

    Example:
        >>> profile_discount([1.0, 1.0], 0.0).item()
        1.0
    """
    weight = np.asarray(weights, dtype=float)
    middle = np.arange(weight.shape[-1]) + 0.5
    factor = np.exp(-np.asarray(rate, dtype=float)[..., None] * middle)
    discounted: Array = (weight * factor).sum(axis=-1) / weight.sum(axis=-1)
    return discounted
