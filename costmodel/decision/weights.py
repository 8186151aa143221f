"""Draws of one distribution weighted into draws of another: Pareto-smoothed importance sampling.

Every analysis that asks "what if this had been believed, or not been read" weights the draws it has. Whether weights
can answer is a question of its own: where the largest of them decide alone, only a new fit can.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import arviz  # noqa: F401 (registers the accessor `azstats`)
import numpy as np
import xarray as xr

from costmodel.decision.batches import FEWEST_DRAWS, Array, Index, error_of_mean

#: Weights worth this share of all draws are so even that their tail does not matter.
EVEN = 0.99
#: Above this Pareto k weights say nothing (Vehtari, Simpson, Gelman, Yao and Gabry 2024); with few draws even earlier.
K_MAX = 0.7


@dataclass(frozen=True)
class Weights:
    """Weights of draws.

    Attributes:
        values: Weight of each draw, sum 1, dims (sample,) [share].
        pareto_k: Shape of the tail of the weights; minus infinity where all are equal [1].
    """

    values: Array
    pareto_k: float

    @property
    def effective(self) -> float:
        """How many equally weighted draws they are worth, dependence between draws apart [draws]."""
        return float(1 / np.square(self.values).sum())

    @property
    def usable(self) -> bool:
        """Whether a mean under these weights can be believed, and its error seen."""
        if self.effective >= EVEN * self.values.size:
            return True
        return self.effective >= FEWEST_DRAWS and self.pareto_k <= most_k(self.values.size)


def most_k(n_draws: int) -> float:
    """Largest Pareto k at which this many draws suffice: 1 - 1 / log10(draws), at most 0.7.

    Example:
        >>> most_k(8000), round(most_k(100), 3)
        (0.7, 0.5)
    """
    return min(K_MAX, 1 - 1 / math.log10(n_draws))


def importance_weights(log_ratio: Array) -> Weights:
    """Smoothed weights proportional to the exponential of a log ratio of densities (MODEL.md eq. 60).

    Args:
        log_ratio: Log of wanted over drawn density up to a constant, dims (sample,) [log].

    Returns:
        Weights and their Pareto k.

    Raises:
        ValueError: If a log ratio is missing or infinite.

    Example:
        >>> importance_weights(np.zeros(100)).effective
        100.0
    """
    ratio = np.asarray(log_ratio, dtype=float)
    if not np.isfinite(ratio).all():
        raise ValueError("log ratios of densities: some are missing or infinite; find where they arise first")
    if np.ptp(ratio) <= np.finfo(float).eps * max(1.0, float(np.abs(ratio).max())):
        return Weights(np.full(ratio.size, 1 / ratio.size), -math.inf)
    # the accessor takes log likelihoods that are to be removed, hence the sign
    smoothed, pareto_k = xr.DataArray(-(ratio - ratio.max()), dims="sample").azstats.psislw(dim="sample")
    values = np.exp(smoothed.to_numpy() - smoothed.to_numpy().max())
    return Weights(values / values.sum(), float(pareto_k))


def weighted_mean(values: Array, weights: Weights) -> Array:
    """Mean of draws under weights, dims (...) [unit of `values`, dims (sample, ...)]."""
    mean: Array = np.tensordot(weights.values, values, axes=1)
    return mean


def weighted_error(values: Array, weights: Weights, batch: Index) -> Array:
    """Monte Carlo standard error of a weighted mean, dims (...) [unit of `values`, dims (sample, ...)]."""
    shape = (-1, *(1 for _ in values.shape[1:]))
    scaled = weights.values.reshape(shape) * values.shape[0]
    return error_of_mean(scaled * (values - weighted_mean(values, weights)), batch)


def weighted_quantiles(values: Array, weights: Weights, levels: tuple[float, ...]) -> Array:
    """Quantiles of draws under weights, without interpolation.

    Args:
        values: Draws, dims (sample,) [unit of the caller].
        weights: Their weights.
        levels: Levels of the quantiles [probability].

    Returns:
        Smallest draws at or below which at least each level lies, dims (level,) [unit of `values`].

    Example:
        >>> weighted_quantiles(np.array([3.0, 1.0, 2.0]), Weights(np.array([0.1, 0.8, 0.1]), 0.0), (0.5, 0.85)).tolist()
        [1.0, 2.0]
    """
    order = np.argsort(values)
    reached = np.cumsum(weights.values[order])
    places = np.searchsorted(reached, np.asarray(levels) * reached[-1])
    found: Array = values[order][np.minimum(places, values.size - 1)]
    return found


def distance(values: Array, weights: Weights) -> float:
    """Cumulative Jensen-Shannon distance of weighted from unweighted draws (MODEL.md eq. 61; Nguyen and Vreeken 2015).

    Args:
        values: Draws, dims (sample,) [any unit].
        weights: Their weights.

    Returns:
        Between 0, the same, and 1, apart; the larger of the distances of the draws and of their negatives [1].

    Example:
        >>> distance(np.arange(100.0), Weights(np.full(100, 0.01), 0.0)) < 1e-6
        True
    """
    return max(_one_sided(values, weights.values), _one_sided(-values, weights.values))


def _one_sided(values: Array, weights: Array) -> float:
    """Distance between two distribution functions, integrated from below."""
    order = np.argsort(values)
    width = np.diff(values[order])
    p: Array = np.arange(1, values.size) / values.size
    q: Array = np.clip(np.cumsum(weights[order])[:-1], np.finfo(float).tiny, None)
    middle = (p + q) / 2
    shift = (q - p) @ width / (2 * math.log(2))
    first = max(float((p * np.log2(p / middle)) @ width + shift), 0.0)
    second = max(float((q * np.log2(q / middle)) @ width - shift), 0.0)
    bound = float((p + q) @ width)
    return math.sqrt((first + second) / bound) if bound > 0 else 0.0
