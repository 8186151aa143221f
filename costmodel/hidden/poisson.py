"""Poisson log-linear models of overlapping lists by maximum likelihood, in the extended sense for sparse tables.

A pair of lists without common persons makes its interaction minus infinity: the cells that hold both are then zero
by the model and leave the data (Chan, Silverman and Vincent 2021, section 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pair = tuple[int, int]

#: Scoring doubles its correct digits in each step once it is near; a coefficient that still moves after as many steps
#: is on its way to infinity, by about one in each.
MAX_ITERATIONS = 40
STILL = 1e-6
#: Log means beyond these are on their way to infinity too.
LOG_BOUNDS = (-40.0, 40.0)


@dataclass(frozen=True)
class LogLinearFit:
    """A fitted model; dims (pattern,) over all patterns of the table.

    Attributes:
        log_missing: Log expected persons on no list.
        sd_missing: Standard error of `log_missing`.
        mean: Expected persons, 0 where the model excludes a pattern.
        sd: Standard error of the log of the mean.
        exists: Whether the likelihood has one finite maximum.
    """

    log_missing: float
    sd_missing: float
    mean: Array
    sd: Array
    exists: bool


def overlaps(patterns: NDArray[np.int64], counts: Array, pairs: Sequence[Pair]) -> Array:
    """Sum of a quantity over the patterns that hold both lists of each pair, dims (pair,)."""
    return np.array([(counts * patterns[:, i] * patterns[:, j]).sum() for i, j in pairs])


def fit_loglinear(
    patterns: NDArray[np.int64],
    counts: Array,
    pairs: Sequence[Pair] = (),
    *,
    left_out: int | None = None,
) -> LogLinearFit:
    """Fit log E(count) = mu + sum of lists + sum of pairs (MODEL.md eq. 42; Fienberg 1972).

    Args:
        patterns: 1 where a pattern is on a list, dims (pattern, list).
        counts: Persons with exactly this pattern, dims (pattern,) [persons].
        pairs: Two-list interactions of the model.
        left_out: Pattern whose count is not used; its mean is predicted.

    Returns:
        The fit; `exists` is False where the maximum is at infinity or not unique.
    """
    used = np.ones(len(counts), dtype=bool)
    if left_out is not None:
        used[left_out] = False
    empty = [pair for pair, n in zip(pairs, overlaps(patterns, counts * used, pairs), strict=True) if n == 0]
    possible = np.ones(len(counts), dtype=bool)
    for i, j in empty:
        possible &= patterns[:, i] * patterns[:, j] == 0
    finite = [pair for pair in pairs if pair not in empty]
    design = np.column_stack(
        [np.ones(len(counts)), patterns, *(patterns[:, i] * patterns[:, j] for i, j in finite)]
    ).astype(float)
    rows = used & possible
    return _scoring(design, counts, rows, possible)


def _scoring(
    design: Array, counts: Array, rows: NDArray[np.bool_], possible: NDArray[np.bool_]
) -> LogLinearFit:
    """Fisher scoring on some rows; means and errors on all that are possible."""
    x, y = design[rows], counts[rows]
    nothing = np.full(len(counts), np.nan)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return LogLinearFit(np.nan, np.nan, nothing, nothing, exists=False)
    log_mean = np.log(y + 0.5)
    beta, moved = np.zeros(x.shape[1]), np.inf
    for _ in range(MAX_ITERATIONS):
        mean = np.exp(np.clip(log_mean, *LOG_BOUNDS))
        weighted = x * mean[:, None]
        information = x.T @ weighted
        last = beta
        beta = np.linalg.lstsq(information, weighted.T @ (log_mean + (y - mean) / mean), rcond=None)[0]
        moved, log_mean = float(np.abs(beta - last).max()), x @ beta
        if moved < STILL:
            break
    exists = moved < STILL
    covariance = np.linalg.pinv(information, hermitian=True)
    spread = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", design, covariance, design), 0))
    return LogLinearFit(
        log_missing=float(beta[0]),
        sd_missing=float(np.sqrt(max(covariance[0, 0], 0.0))),
        mean=np.where(possible, np.exp(np.clip(design @ beta, *LOG_BOUNDS)), 0.0),
        sd=spread,
        exists=exists,
    )
