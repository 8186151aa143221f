"""Regression of one quantity on many parameters, each draw predicted from draws that are not near it.

Parameters become normal scores of their ranks, so that no tail rules; the basis is made of Hermite polynomials of
them and of products of pairs, as far as there are ten draws for each term. A quantity that is positive is also
predicted as the exponential of its predicted log, because costs are products.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special, stats

from costmodel.decision.batches import Array, Index

Mask = NDArray[np.bool_]

#: Parts of the draws, each predicted from the other four; a part holds stretches of every chain.
N_FOLDS = 5
#: Terms of the basis are added by layers while this many draws are left for each.
DRAWS_PER_TERM = 10
#: Shrinkage of a coefficient, as a share of all draws: enough to invert, far too little to matter.
RIDGE = 1e-3


@dataclass(frozen=True)
class Basis:
    """Terms of a regression, ready for any choice of columns.

    Attributes:
        terms: The intercept and then each term, dims (sample, term) [1].
        uses: Which columns each term is made of, dims (term, column).
        fold: Part of each sample, dims (sample,).
        grams: Products of the terms over the samples outside each part, dims (fold, term, term).
    """

    terms: Array
    uses: Mask
    fold: Index
    grams: Array


def normal_scores(values: Array) -> Array:
    """Standard normal quantile of the rank of each draw, ties sharing a rank, dims (sample,) [SD].

    Example:
        >>> normal_scores(np.array([7.0, 900.0, 8.0])).round(2).tolist()
        [-0.97, 0.97, 0.0]
    """
    ranks = stats.rankdata(values)
    scores: Array = special.ndtri((ranks - 0.5) / values.size)
    return scores


def basis(columns: Array, batch: Index) -> Basis:
    """Terms of a regression on columns, by layers as far as the number of draws allows.

    Args:
        columns: Parameters, dims (sample, column) [any units].
        batch: Batch of each sample, dims (sample,).

    Returns:
        Linear terms, squares, products of pairs, cubes and fourth powers, as orthogonal polynomials; a layer for
        which there are too few draws is left out whole.
    """
    n_columns = columns.shape[1]
    scores = np.stack([normal_scores(columns[:, j]) for j in range(n_columns)], axis=1)
    pairs: list[tuple[int, ...]] = list(itertools.combinations(range(n_columns), 2))
    alone: list[tuple[int, ...]] = [(j,) for j in range(n_columns)]
    layers = [(alone, 1), (alone, 2), (pairs, 0), (alone, 3), (alone, 4)]
    terms, uses = [np.ones(scores.shape[0])], [np.zeros(n_columns, dtype=bool)]
    for members, degree in layers:
        if len(terms) + len(members) > scores.shape[0] / DRAWS_PER_TERM and len(terms) > 1:
            continue
        for member in members:
            terms.append(_term(scores, member, degree))
            uses.append(np.isin(np.arange(n_columns), member))
    matrix, fold = np.stack(terms, axis=1), batch % N_FOLDS
    parts = np.stack([matrix[fold == part].T @ matrix[fold == part] for part in range(N_FOLDS)])
    return Basis(matrix, np.stack(uses), fold, parts.sum(axis=0) - parts)


def _term(scores: Array, member: tuple[int, ...], degree: int) -> Array:
    """One term of unit variance: a polynomial of one column, or a product of two."""
    if degree == 0:
        return scores[:, member[0]] * scores[:, member[1]]
    polynomial: Array = special.eval_hermitenorm(degree, scores[:, member[0]]) / math.sqrt(
        math.factorial(degree)
    )
    return polynomial


def _fitted(target: Array, on: Basis, kept: Mask) -> Array:
    """Predictions of a regression outside each part, for every sample, dims (fold, sample)."""
    terms, columns = on.terms[:, kept], np.ix_(kept, kept)
    penalty = np.full(terms.shape[1], RIDGE * target.size)
    penalty[0] = 0.0
    parts = np.stack([terms[on.fold == part].T @ target[on.fold == part] for part in range(N_FOLDS)])
    moments = parts.sum(axis=0) - parts
    return np.stack(
        [
            terms @ linalg.solve(on.grams[part][columns] + np.diag(penalty), moments[part], assume_a="pos")
            for part in range(N_FOLDS)
        ]
    )


def predicted(target: Array, on: Basis, columns: Mask) -> Array:
    """Mean of the target given some columns, each draw predicted from the parts that do not hold it.

    Args:
        target: What is predicted, dims (sample,) [any unit].
        on: Basis of all columns.
        columns: Which columns are known, dims (column,).

    Returns:
        Predictions, dims (sample,) [unit of `target`].
    """
    kept = ~(on.uses & ~columns).any(axis=1)
    level = target.mean()
    found = _fitted(target - level, on, kept) + level
    if target.min() > 0:
        found = _with_products(target, found, _fitted(np.log(target), on, kept), on.fold)
    rows: Array = found[on.fold, np.arange(target.size)]
    return rows


def _with_products(target: Array, direct: Array, log: Array, fold: Index) -> Array:
    """Predictions that may also follow the exponential of the predicted log, dims (fold, sample)."""
    better = np.empty_like(direct)
    for part in range(N_FOLDS):
        outside, inside = fold != part, fold == part
        ceiling = np.clip(log[part], log[part][outside].min(), log[part][outside].max())
        regressors = np.stack([np.ones(target.size), direct[part], np.exp(ceiling)], axis=1)
        scale = np.abs(regressors[outside]).max(axis=0)
        found = np.linalg.lstsq(regressors[outside] / scale, target[outside], rcond=None)[0]
        better[part, inside] = regressors[inside] / scale @ found
        better[part, outside] = np.nan
    return better
