"""Decisions whose value of knowing is known in closed form: what `costmodel.decision` is tried on."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Array = NDArray[np.float64]


class Draws(NamedTuple):
    """Draws of one decision: net benefit, dims (draw, option), and what would be known, dims (draw, parameter)."""

    net_benefit: Array
    known: Array


class Case(NamedTuple):
    """A decision that can be drawn, and what it is worth to know the parameters."""

    draw: Callable[[int, np.random.Generator], Draws]
    value: float


def loss(threshold: float) -> float:
    """Unit normal loss: E[max(z - threshold, 0)] of a standard normal z."""
    return float(norm.pdf(threshold) - threshold * norm.sf(threshold))


def call(sd: float, strike: float, mean: float) -> float:
    """E[max(x - strike, 0)] of a log-normal x with this mean and standard deviation of its log."""
    above = (np.log(mean / strike) + sd**2 / 2) / sd
    return float(mean * norm.cdf(above) - strike * norm.cdf(above - sd))


def against_nothing(gain: Array) -> Array:
    """Net benefit of doing nothing and of doing something, dims (draw, option)."""
    return np.column_stack([np.zeros_like(gain), gain])


def linear(n: int, rng: np.random.Generator) -> Draws:
    """Gain 0.3 + x + 2 e: a fifth of its variance is known."""
    x, e = rng.normal(size=(2, n))
    return Draws(against_nothing(0.3 + x + 2 * e), x[:, None])


def correlated(n: int, rng: np.random.Generator) -> Draws:
    """Gain -0.2 + x + y, known is x; y = 0.6 x + 0.8 e, so that E[gain | x] = -0.2 + 1.6 x."""
    x, e = rng.normal(size=(2, n))
    return Draws(against_nothing(-0.2 + x + 0.6 * x + 0.8 * e), x[:, None])


def three_on_a_line(n: int, rng: np.random.Generator) -> Draws:
    """Options 0, x - 0.2 and 2 x - 1 with noise: max = (x - 0.2)+ + (x - 0.8)+."""
    x, e, f = rng.normal(size=(3, n))
    return Draws(np.column_stack([np.zeros(n), x - 0.2 + e, 2 * x - 1 + f]), x[:, None])


def three_apart(n: int, rng: np.random.Generator) -> Draws:
    """Three options alike, each with a parameter of its own and noise: E[max of three] = 3 / (2 sqrt(pi))."""
    x, e = rng.normal(size=(2, n, 3))
    return Draws(x + e, x)


def quadratic(n: int, rng: np.random.Generator) -> Draws:
    """Gain x^2 - 1.5 + e: above 0 at either end."""
    x, e = rng.normal(size=(2, n))
    return Draws(against_nothing(x**2 - 1.5 + e), x[:, None])


def interaction(n: int, rng: np.random.Generator) -> Draws:
    """Gain x y + 2 e, neither parameter worth anything alone: E|x y| / 2 = 1 / pi."""
    x, y, e = rng.normal(size=(3, n))
    return Draws(against_nothing(x * y + 2 * e), np.column_stack([x, y]))


def heavy_tail(n: int, rng: np.random.Generator) -> Draws:
    """Benefit e^(0.7 x + 0.7 y), log-normal with sd of logs 1, at a spend of 2; known is e^x."""
    x, y = rng.normal(size=(2, n))
    return Draws(against_nothing(np.exp(0.7 * x + 0.7 * y) - 2), np.exp(x)[:, None])


def everything(n: int, rng: np.random.Generator) -> Draws:
    """Benefit the product of five log-normal parameters, all known, at a spend of 1.5."""
    x = np.exp(0.45 * rng.normal(size=(n, 5)))
    return Draws(against_nothing(x.prod(axis=1) - 1.5), x)


def irrelevant(n: int, rng: np.random.Generator) -> Draws:
    """Gain 0.1 + e, and a parameter that has nothing to do with it."""
    x, e = rng.normal(size=(2, n))
    return Draws(against_nothing(0.1 + e), x[:, None])


_ROOT = np.sqrt(1.5)
_TAIL_MEAN = float(np.exp(0.49))
_PRODUCT_SD = float(0.45 * np.sqrt(5))
_PRODUCT_MEAN = float(np.exp(_PRODUCT_SD**2 / 2))

CASES = {
    "linear": Case(linear, loss(0.3)),
    "correlated": Case(correlated, 1.6 * loss(0.2 / 1.6)),
    "three_on_a_line": Case(three_on_a_line, loss(0.2) + loss(0.8)),
    "three_apart": Case(three_apart, float(3 / (2 * np.sqrt(np.pi)))),
    "quadratic": Case(quadratic, float(2 * (_ROOT * norm.pdf(_ROOT) - 0.5 * norm.sf(_ROOT)))),
    "interaction": Case(interaction, float(1 / np.pi)),
    "heavy_tail": Case(heavy_tail, call(0.7, 2, _TAIL_MEAN)),
    "everything": Case(everything, call(_PRODUCT_SD, 1.5, _PRODUCT_MEAN) - (_PRODUCT_MEAN - 1.5)),
    "irrelevant": Case(irrelevant, 0.0),
}
"""Each with the mean of what is best without knowing taken off; where nothing is best, that is 0."""
