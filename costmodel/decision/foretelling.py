"""What some parameters foretell of a quantity: a cross-fitted regression with the error of its own fit.

Parameters enter by their normal scores, so that a heavy tail or a change of scale moves nothing, made uncorrelated
and near their own axes. The basis are products of Hermite polynomials, orthonormal under such scores: with weights
that fall by a constant factor a degree it is a Gaussian process of squared-exponential kernel, cut off (Mehler).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement, islice, pairwise
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Array = NDArray[np.float64]

FOLDS = 10
"""Blocks of draws; each is foretold by a fit to the others."""
MIN_DRAWS = 100
"""Fewest draws of which a tenth says something."""
MAX_DEGREE = 6
"""Of a product of polynomials."""
POWERS = 4
"""Degree of a single parameter, and of an index, where products of all parameters would be too many."""
MAX_FEATURES = 250
"""Of the basis, and no more than a fifth of the draws; parameters themselves are never left out."""
DRAWS_PER_FEATURE = 5
ALL_PRODUCTS = 165
"""Features up to which all products of a degree enter; a few parameters then interact in any way."""
LEADING = 16
"""Parameters that enter in pairs where all pairs would be too many."""
DECAYS = (0.4, 0.75)
"""Prior standard deviation of a coefficient by degree of its feature: decay^(degree - 1)."""
PENALTIES = 10.0 ** np.arange(-1, 7)
"""Ridge penalties from which blocks left out choose, times draws / `PENALTY_DRAWS`."""
PENALTY_DRAWS = 10_000
ESCAPING = 100
"""What fits may miss, as prior variance of the mean they foretell over that of a mean of draws: a slope set to 0 is
not a known one, and the error is that of a fit which is not more shrunken than this."""
INTERCEPT_SD = 1e4
"""Prior standard deviation of the constant: none to speak of."""
RANK = 1e-6
"""Least eigenvalue of the correlations of scores that is a direction of its own."""


class Fit(NamedTuple):
    """A regression of some quantities on one group of parameters.

    Attributes:
        foretold: Conditional mean in each draw by a fit to other blocks of draws, dims (draw, quantity).
        in_sample: The same by a fit to all draws.
        without: The same in every draw without each block in turn, less shrunken, dims (block, draw, quantity).
    """

    foretold: Array
    in_sample: Array
    without: Array


def regress(quantities: Array, parameters: Array) -> Fit:
    """Conditional means of quantities given a group of parameters (MODEL.md eq. 51; Strong, Oakley and Brennan 2014).

    Blocks are consecutive draws, so that of a chain with autocorrelation no block is foretold by its neighbours alone.
    Decay and penalty of each quantity are those with the least squared error in blocks left out.

    Args:
        quantities: dims (draw, quantity) [any unit].
        parameters: dims (draw, parameter) [any unit].

    Returns:
        The fit; of parameters that are all constant, means without each block.

    Raises:
        ValueError: If there are fewer than `MIN_DRAWS` draws.
    """
    n = len(quantities)
    if n < MIN_DRAWS:
        raise ValueError(f"{n} draws are too few for a regression; give {MIN_DRAWS} or more")
    scores = normal_scores(parameters)
    basis, degrees = features(scores, quantities)
    design = np.column_stack([np.ones(n), basis])
    scale = quantities.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    centre = quantities.mean(axis=0)
    fit = _cross_fit(design, np.array([0, *degrees]), (quantities - centre) / scale)
    return Fit(*(part * scale + centre for part in fit))


class _Ridge(NamedTuple):
    """Normal equations of a ridge regression in their own axes, so that each penalty costs one product."""

    values: Array
    vectors: Array
    moments: Array

    @classmethod
    def of(cls, gram: Array, moments: Array, sd: Array) -> _Ridge:
        """Axes of the equations of features with these prior standard deviations."""
        values, vectors = np.linalg.eigh(gram * sd[:, None] * sd)
        return cls(values.clip(0), sd[:, None] * vectors, vectors.T @ (sd[:, None] * moments))

    def coefficients(self, penalty: float) -> Array:
        """Coefficients of the features, dims (feature, quantity)."""
        found: Array = self.vectors @ (self.moments / (self.values + penalty)[:, None])
        return found


def normal_scores(parameters: Array) -> Array:
    """Parameters by their ranks as standard normal quantiles, uncorrelated; constants are left out.

    Args:
        parameters: dims (draw, parameter) [any unit].

    Returns:
        Scores of mean 0 and variance 1, dims (draw, direction); each near its parameter unless parameters foretell
        one another.

    Example:
        >>> normal_scores(np.array([[1.0], [2.0], [1000.0]])).round(2).ravel().tolist()
        [-1.22, 0.0, 1.22]
    """
    varying = parameters[:, np.ptp(parameters, axis=0) > 0]
    if varying.shape[1] == 0:
        return varying
    scores = ndtri((rankdata(varying, axis=0) - 0.5) / len(varying))
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    values, vectors = np.linalg.eigh(scores.T @ scores / len(scores))
    kept = values > RANK
    shrunk = scores @ (vectors[:, kept] / np.sqrt(values[kept]))
    whitened: Array = shrunk @ vectors.T if kept.all() else shrunk
    return whitened


def features(scores: Array, quantities: Array) -> tuple[Array, list[int]]:
    """Products of Hermite polynomials of scores, and their degrees; of many scores powers, pairs and an index.

    The index of a quantity is the direction in which it rises, and enters by its powers from two on: a product of
    many parameters is a function of one such direction.

    Args:
        scores: dims (draw, direction), uncorrelated, of variance 1.
        quantities: dims (draw, quantity), from which index and leading parameters are chosen [any unit].

    Returns:
        Basis, dims (draw, feature), and the degree of each feature.
    """
    n, p = scores.shape
    limit = max(p, min(MAX_FEATURES, n // DRAWS_PER_FEATURE))
    if p == 0:
        return np.empty((n, 0)), []
    slopes = _slopes(scores, quantities)
    polynomials = hermite(np.column_stack([scores, scores @ slopes]))
    order = np.argsort(-np.abs(slopes).max(axis=1))
    chosen = list(islice(_terms(p, order, n_index=slopes.shape[1], limit=limit), limit))
    basis = np.stack(
        [np.prod([polynomials[degree][:, of] for of, degree in term.items()], axis=0) for term in chosen],
        axis=1,
    )
    return basis, [sum(term.values()) for term in chosen]


def hermite(scores: Array) -> list[Array]:
    """Hermite polynomials up to `MAX_DEGREE`, orthonormal where scores are standard normal.

    Args:
        scores: dims (draw, direction).

    Returns:
        One array for each degree from 0 on, dims as `scores`.

    Example:
        >>> [round(float(values[0, 0]), 3) for values in hermite(np.array([[2.0]]))[:3]]
        [1.0, 2.0, 2.121]
    """
    found = [np.ones_like(scores), scores]
    for degree in range(2, MAX_DEGREE + 1):
        found.append((scores * found[-1] - np.sqrt(degree - 1) * found[-2]) / np.sqrt(degree))
    return found


def _slopes(scores: Array, quantities: Array) -> Array:
    """Direction in which each quantity rises, by ranks so that a heavy tail does not rule it; length 1."""
    ranks = rankdata(quantities, axis=0)
    slopes: Array = scores.T @ (ranks - ranks.mean(axis=0))
    length = np.sqrt((slopes**2).sum(axis=0))
    return slopes[:, length > 0] / length[length > 0]


def _terms(p: int, order: NDArray[np.intp], *, n_index: int, limit: int) -> Iterator[dict[int, int]]:
    """Features as {column: degree}, those that matter first; columns from p on are indices."""
    whole = max(
        (d for d in range(1, MAX_DEGREE + 1) if comb(p + d, d) <= min(limit, ALL_PRODUCTS)), default=1
    )
    if whole > 2 or p <= 2:
        for degree in range(1, whole + 1):
            for picked in combinations_with_replacement(range(p), degree):
                yield {of: picked.count(of) for of in picked}
        return
    yield from ({of: 1} for of in order)
    yield from ({p + of: degree} for degree in range(2, POWERS + 1) for of in range(n_index))
    yield from ({of: 2} for of in order)
    yield from ({first: 1, second: 1} for first, second in combinations(order[:LEADING], 2))
    yield from ({of: degree} for degree in range(3, POWERS + 1) for of in order)


def _cross_fit(design: Array, degrees: NDArray[np.int64], quantities: Array) -> Fit:
    """Fit without each block of draws, and with all, with the decay and penalty that foretell blocks best."""
    n, width = quantities.shape
    edges = np.linspace(0, n, FOLDS + 1).astype(int)
    blocks = [slice(first, last) for first, last in pairwise(edges)]
    parts = [(design[block].T @ design[block], design[block].T @ quantities[block]) for block in blocks]
    total = design.T @ design, design.T @ quantities
    penalties = PENALTIES * n / PENALTY_DRAWS
    best = np.full(width, np.inf)
    foretold, in_sample, without = np.empty((n, width)), np.empty((n, width)), np.empty((FOLDS, n, width))
    for decay in DECAYS:
        sd = np.where(degrees > 0, decay ** (degrees - 1.0), INTERCEPT_SD)
        prior_variance = float((sd[degrees > 0] ** 2).sum())
        ridges = [_Ridge.of(total[0] - part[0], total[1] - part[1], sd) for part in parts]
        whole = _Ridge.of(total[0], total[1], sd)
        guesses = _guesses(design, ridges, blocks, penalties)
        errors = ((guesses - quantities) ** 2).mean(axis=1)
        for j in np.flatnonzero(errors.min(axis=0) < best):
            at = errors[:, j].argmin()
            best[j], foretold[:, j] = errors[at, j], guesses[at, :, j]
            in_sample[:, j] = design @ whole.coefficients(penalties[at])[:, j]
            loose = min(penalties[at], n * prior_variance / ESCAPING)
            without[:, :, j] = np.stack([design @ ridge.coefficients(loose)[:, j] for ridge in ridges])
    return Fit(foretold, in_sample, without)


def _guesses(design: Array, ridges: list[_Ridge], blocks: list[slice], penalties: Array) -> Array:
    """Each block foretold by the fit without it, dims (penalty, draw, quantity)."""
    return np.stack(
        [
            np.concatenate(
                [
                    design[block] @ ridge.coefficients(penalty)
                    for ridge, block in zip(ridges, blocks, strict=True)
                ]
            )
            for penalty in penalties
        ]
    )
