"""Families of priors: what their parameters are, where they live, and which member has two given quantiles.

Quantiles are solved for here and not by PreliZ 0.28: its `match_quantiles` compares values on their own scale and
stops early, so that the gamma asked to have 5% below 1 and 95% below 8 has 5% below 1.07.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

LOW, HIGH = 0.05, 0.95
#: Largest error of a probability at a quantile that was asked for.
TOLERANCE = 1e-9
#: Least share of a normal that a truncation may leave: draws are made by rejection.
LEAST_KEPT = 0.01
_Z = float(stats.norm.ppf(HIGH))
_SPAN = HIGH - LOW

Parameters = tuple[float, float]
Support = tuple[float, float]
REALS: Support = (-math.inf, math.inf)
POSITIVE: Support = (0.0, math.inf)
UNIT: Support = (0.0, 1.0)


class Member(Protocol):
    """One distribution of a family, as far as its numbers go."""

    @property
    def family(self) -> str:
        """Name of the family."""

    @property
    def p1(self) -> float:
        """First parameter."""

    @property
    def p2(self) -> float:
        """Second parameter, NaN where the family has one."""

    @property
    def lower(self) -> float:
        """Lower bound of a truncated family, NaN without one."""


def _truncated(p1: float, p2: float, lower: float) -> Any:
    return stats.truncnorm((lower - p1) / p2, math.inf, loc=p1, scale=p2)


def _normal_of(q05: float, q95: float, lower: float) -> Parameters:
    return (q05 + q95) / 2, (q95 - q05) / (2 * _Z)


def _lognormal_of(q05: float, q95: float, lower: float) -> Parameters:
    return _normal_of(math.log(q05), math.log(q95), lower)


def _uniform_of(q05: float, q95: float, lower: float) -> Parameters:
    width = (q95 - q05) / _SPAN
    return q05 - LOW * width, q95 + (1 - HIGH) * width


def _solved(
    make: Callable[[NDArray[np.float64]], Any], start: list[float], q05: float, q95: float
) -> NDArray[np.float64]:
    """Parameters of the member with these quantiles; raises ValueError where there is none."""

    def miss(values: NDArray[np.float64]) -> NDArray[np.float64]:
        missed: NDArray[np.float64] = make(values).cdf([q05, q95]) - np.array([LOW, HIGH])
        return np.nan_to_num(missed, nan=1.0)

    with np.errstate(all="ignore"):  # of values far from any solution, tried on the way
        found = optimize.root(miss, start, tol=1e-12)
        if not np.abs(miss(found.x)).max() < TOLERANCE:
            raise ValueError("none has these two quantiles")
    values: NDArray[np.float64] = found.x
    return values


def _beta_of(q05: float, q95: float, lower: float) -> Parameters:
    logits = stats.logistic.ppf([q05, q95])
    mean, sd = float(stats.logistic.cdf(logits.mean())), (q95 - q05) / (2 * _Z)
    weight = max(mean * (1 - mean) / sd**2 - 1, 0.1)
    start = [math.log(mean * weight), math.log((1 - mean) * weight)]
    first, second = np.exp(_solved(lambda v: stats.beta(*np.exp(v)), start, q05, q95))
    return float(first), float(second)


def _gamma_of(q05: float, q95: float, lower: float) -> Parameters:
    mean, sd = math.sqrt(q05 * q95), (q95 - q05) / (2 * _Z)
    start = [2 * math.log(mean / sd), math.log(mean / sd**2)]
    shape, rate = np.exp(_solved(lambda v: stats.gamma(np.exp(v[0]), scale=np.exp(-v[1])), start, q05, q95))
    return float(shape), float(rate)


def _truncated_of(q05: float, q95: float, lower: float) -> Parameters:
    mean, sd = _normal_of(q05, q95, lower)
    values = _solved(lambda v: _truncated(v[0], np.exp(v[1]), lower), [mean, math.log(sd)], q05, q95)
    return float(values[0]), float(np.exp(values[1]))


@dataclass(frozen=True)
class Family:
    """A family of distributions, its parameters as PyMC has them.

    Attributes:
        words: What each of its parameters is, by name.
        positive: Those that must be above 0.
        support: Where its members live; a truncated or uniform one lives in a part of it.
        distribution: The member with p1, p2 and lower.
        of_quantiles: p1 and p2 of the member with a 5 and a 95% quantile, and a lower bound; None where one
            parameter cannot hold two quantiles.
    """

    words: Mapping[str, str]
    positive: tuple[str, ...]
    support: Support
    distribution: Callable[[float, float, float], Any]
    of_quantiles: Callable[[float, float, float], Parameters] | None


FAMILIES: Mapping[str, Family] = {
    "normal": Family(
        {"p1": "mean", "p2": "SD"}, ("p2",), REALS, lambda p1, p2, _: stats.norm(p1, p2), _normal_of
    ),
    "halfnormal": Family(
        {"p1": "scale"}, ("p1",), POSITIVE, lambda p1, p2, _: stats.halfnorm(scale=p1), None
    ),
    "lognormal": Family(
        {"p1": "mean of the log", "p2": "SD of the log"},
        ("p2",),
        POSITIVE,
        lambda p1, p2, _: stats.lognorm(p2, scale=math.exp(p1)),
        _lognormal_of,
    ),
    "truncatednormal": Family(
        {"p1": "mean before it is cut", "p2": "SD before it is cut", "lower": "lower bound"},
        ("p2",),
        REALS,
        _truncated,
        _truncated_of,
    ),
    "beta": Family(
        {"p1": "alpha", "p2": "beta"}, ("p1", "p2"), UNIT, lambda p1, p2, _: stats.beta(p1, p2), _beta_of
    ),
    "gamma": Family(
        {"p1": "shape", "p2": "rate"},
        ("p1", "p2"),
        POSITIVE,
        lambda p1, p2, _: stats.gamma(p1, scale=1 / p2),
        _gamma_of,
    ),
    "uniform": Family(
        {"p1": "lower end", "p2": "upper end"},
        (),
        REALS,
        lambda p1, p2, _: stats.uniform(p1, p2 - p1),
        _uniform_of,
    ),
}


def distribution(prior: Member) -> Any:
    """A prior as a frozen distribution of SciPy: density, quantiles, support.

    Args:
        prior: A prior of one of `FAMILIES`.

    Returns:
        Its distribution.

    Raises:
        KeyError: If the prior is of another family, as a weight is.
    """
    return FAMILIES[prior.family].distribution(prior.p1, prior.p2, prior.lower)


def of_quantiles(family: str, *, q05: float, q95: float, lower: float = math.nan) -> Parameters:
    """Parameters of the member of a family with a given 5 and 95% quantile.

    Args:
        family: Name of the family.
        q05: Quantile at 5%, above the lower end of the family's support.
        q95: Quantile at 95%, above `q05` and below the upper end.
        lower: Lower bound of a truncated family.

    Returns:
        p1 and p2.

    Raises:
        ValueError: If no member has these quantiles.

    Example:
        >>> p1, p2 = of_quantiles("lognormal", q05=1.0, q95=math.exp(2 * 1.6448536))
        >>> round(p1, 4), round(p2, 4)
        (1.6449, 1.0)
        >>> [round(value, 3) for value in of_quantiles("gamma", q05=1, q95=8)]
        [2.904, 0.769]
    """
    solve = FAMILIES[family].of_quantiles
    if solve is None:
        raise ValueError(f"a {family} has one parameter and cannot hold two quantiles")
    return solve(q05, q95, lower)


def scale_of_halfnormal(q95: float) -> float:
    """Scale of the half-normal with a given 95% quantile."""
    return q95 / float(stats.norm.ppf((1 + HIGH) / 2))
