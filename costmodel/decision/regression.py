"""Regression of one quantity on many parameters, each draw predicted from draws that are not near it.

Parameters become normal scores of their ranks, so that no tail rules; the basis is made of Hermite polynomials of
them and of products of pairs, as far as there are twenty draws for each term. A positive quantity is
also predicted as the exponential of its predicted log, because costs are products. Net benefits have no log: of them
more is explained by few parameters that matter, which leave room for pairs, than by all there are.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from costmodel.decision.batches import Array, Index

Mask = NDArray[np.bool_]

#: Parts of the draws, each predicted from the other four; a part holds stretches of every chain.
N_FOLDS = 5
#: Terms of the basis are added by layers while this many draws are left for each.
DRAWS_PER_TERM = 20
#: Shrinkage of coefficients, as a share of the draws: what predicts the other draws best is taken.
RIDGES = (1e-4, 1e-2, 0.3, 10.0)


@dataclass(frozen=True)
class Basis:
    """Terms of a regression, ready for any choice of columns.

    Attributes:
        terms: Each less its mean, dims (sample, term) [1].
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


def basis(columns: Array, target: Array, batch: Index) -> Basis:
    """Terms of a regression on columns, by layers as far as the number of draws allows.

    Args:
        columns: Parameters, dims (sample, column) [any units].
        target: What is to be predicted: pairs are made of the columns that go with it most closely [any unit].
        batch: Batch of each sample, dims (sample,).

    Returns:
        Linear terms, squares, products of pairs, cubes and fourth powers, as orthogonal polynomials. A layer for which
        there are too few draws is left out whole; of pairs there are as many as draws allow.
    """
    n_columns = columns.shape[1]
    scores = np.stack([normal_scores(columns[:, j]) for j in range(n_columns)], axis=1)
    room = target.size // DRAWS_PER_TERM
    alone: list[tuple[int, ...]] = [(j,) for j in range(n_columns)]
    terms, uses = [_term(scores, one, 1) for one in alone], [*alone]
    for degree in (2, 0, 3, 4):
        members = alone if degree else _pairs(scores, target, room - len(terms))
        if len(terms) + len(members) <= room:
            terms += [_term(scores, member, degree) for member in members]
            uses += members
    matrix, fold = np.stack(terms, axis=1), batch % N_FOLDS
    matrix -= matrix.mean(axis=0)  # means of all draws are known: those of the parts differ by chance alone
    parts = np.stack([matrix[fold == part].T @ matrix[fold == part] for part in range(N_FOLDS)])
    used = np.stack([np.isin(np.arange(n_columns), member) for member in uses])
    return Basis(matrix, used, fold, parts.sum(axis=0) - parts)


def _pairs(scores: Array, target: Array, room: int) -> list[tuple[int, ...]]:
    """Pairs of the columns closest to the target, chosen one by one and not as pairs, as many as there is room for."""
    closeness = np.abs(normal_scores(target) @ scores)
    fitting = int((1 + math.sqrt(1 + 8 * max(room, 0))) / 2)
    chosen = np.sort(np.argsort(-closeness, kind="stable")[:fitting])
    return list(itertools.combinations(chosen.tolist(), 2))


def _term(scores: Array, member: tuple[int, ...], degree: int) -> Array:
    """One term of unit variance: a polynomial of one column, or a product of two."""
    if degree == 0:
        return scores[:, member[0]] * scores[:, member[1]]
    polynomial: Array = special.eval_hermitenorm(degree, scores[:, member[0]]) / math.sqrt(
        math.factorial(degree)
    )
    return polynomial


def _fitted(target: Array, on: Basis, kept: Mask) -> Array:
    """Predictions of a regression outside each part, of every sample, dims (fold, sample); shrunk as suits the part."""
    terms = on.terms[:, kept]
    parts = np.stack([terms[on.fold == part].T @ target[on.fold == part] for part in range(N_FOLDS)])
    sizes = target.size - np.bincount(on.fold, minlength=N_FOLDS)
    penalty = np.array(RIDGES)[:, None, None, None] * sizes[:, None, None] * np.eye(terms.shape[1])
    moments = (parts.sum(axis=0) - parts)[None, :, :, None]
    found = np.linalg.solve(on.grams[:, kept][:, :, kept] + penalty, moments)[..., 0] @ terms.T
    best: Array = min(found, key=lambda one: _left(target, one, on.fold))
    return best


def _of_other_parts(found: Array, fold: Index) -> Array:
    """Of predictions by part, those of each sample from the parts that do not hold it, dims (sample,)."""
    rows: Array = found[fold, np.arange(fold.size)]
    return rows


def _left(target: Array, found: Array, fold: Index) -> float:
    """Squares that predictions of other parts leave."""
    return float(np.square(target - _of_other_parts(found, fold)).sum())


def predicted(target: Array, on: Basis, columns: Mask, *, products: bool) -> Array:
    """Mean of the target given some columns, each draw predicted from the parts that do not hold it.

    Args:
        target: What is predicted, dims (sample,) [any unit].
        on: Basis of all columns.
        columns: Which columns are known, at least one, dims (column,).
        products: Let predictions also follow the exponential of the predicted log; the target is positive.

    Returns:
        Predictions, dims (sample,) [unit of `target`].
    """
    kept, level = ~(on.uses & ~columns).any(axis=1), target.mean()
    found = _fitted(target - level, on, kept)
    if products:
        log = np.log(target)
        better = _with_products(target - level, found, _fitted(log - log.mean(), on, kept), on.fold)
        found = min(found, better, key=lambda one: _left(target - level, one, on.fold))
    return _of_other_parts(found, on.fold) + level


def _with_products(target: Array, direct: Array, log: Array, fold: Index) -> Array:
    """Predictions that may also follow the exponential of the predicted log, dims (fold, sample)."""
    better = np.empty_like(direct)
    for part in range(N_FOLDS):
        outside = fold != part
        within = np.clip(log[part], log[part][outside].min(), log[part][outside].max())
        regressors = np.stack([direct[part], np.exp(within)], axis=1)
        regressors = (regressors - regressors.mean(axis=0)) / np.abs(regressors).max(axis=0)
        better[part] = regressors @ np.linalg.lstsq(regressors[outside], target[outside], rcond=None)[0]
    return better
