"""Draws of the priors as they stand in `priors.csv`, before any data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from costmodel.evidence.register import Evidence
from costmodel.randomness import generator

Array = NDArray[np.float64]

_FAMILIES: dict[str, Callable[[Any, np.random.Generator, int], Array]] = {
    "normal": lambda prior, rng, n: rng.normal(prior.p1, prior.p2, n),
    "halfnormal": lambda prior, rng, n: np.abs(rng.normal(0.0, prior.p1, n)),
    "lognormal": lambda prior, rng, n: rng.lognormal(prior.p1, prior.p2, n),
    "beta": lambda prior, rng, n: rng.beta(prior.p1, prior.p2, n),
    "gamma": lambda prior, rng, n: rng.gamma(prior.p1, 1 / prior.p2, n),
    "uniform": lambda prior, rng, n: rng.uniform(prior.p1, prior.p2, n),
}


def draw(prior: Any, name: str, *, n_draws: int, seed: int) -> Array:
    """Draws of one prior that no data inform, keyed by its name.

    Args:
        prior: A row of `evidence.priors`, or any record with family, p1, p2 and lower.
        name: Its name.
        n_draws: How many.
        seed: The seed.

    Returns:
        Dims (draw,) [unit of the prior].

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> priors = read_evidence().priors
        >>> bool((draw(priors.loc["uptake_law"], "uptake_law", n_draws=3, seed=1) < 1).all())
        True
    """
    rng = generator(seed, name=f"prior.{name}")
    if prior.family == "truncatednormal":
        values = np.empty(0)
        while values.size < n_draws:
            more = rng.normal(prior.p1, prior.p2, n_draws)
            values = np.concatenate([values, more[more > prior.lower]])
        return values[:n_draws]
    return _FAMILIES[prior.family](prior, rng, n_draws)


def draw_zero_sum(prior: Any, name: str, *, size: int, n_draws: int, seed: int) -> Array:
    """Draws of deviations that sum to zero, as `pymc.ZeroSumNormal` has them.

    Args:
        prior: Its row; `p2` is the standard deviation before the mean is taken off.
        name: Its name.
        size: Number of deviations.
        n_draws: How many.
        seed: The seed.

    Returns:
        Dims (draw, deviation); each row sums to 0.
    """
    values = generator(seed, name=f"prior.{name}").normal(0.0, prior.p2, (n_draws, size))
    centred: Array = values - values.mean(axis=1, keepdims=True)
    return centred


def draw_module(evidence: Evidence, module: str, *, n_draws: int, seed: int) -> dict[str, Array]:
    """Draws of every plain prior of one sub-model by name, dims (draw,); zero-sum ones are left to the caller."""
    priors = evidence.priors[evidence.priors["module"] == module]
    return {
        str(name): draw(row, str(name), n_draws=n_draws, seed=seed)
        for name, row in priors.iterrows()
        if row.family in (*_FAMILIES, "truncatednormal")
    }
