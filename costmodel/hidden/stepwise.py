"""Stepwise log-linear model for sparse lists: pairs of lists that attract or avoid each other are added one by one.

Chan, Silverman and Vincent (2021), J. Am. Stat. Assoc. 116, 1297-1306: a pair enters by the one-sided Poisson
probability of its overlap, a pair without overlap included; intervals by bias-corrected accelerated bootstrap.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from costmodel.evidence.lists import CaptureTable
from costmodel.hidden.engine import Array, EngineFit, middles, no_answer, over_completed
from costmodel.hidden.independence import NO_MAXIMUM, cell_scores
from costmodel.hidden.poisson import LogLinearFit, Pair, fit_loglinear, overlaps
from costmodel.randomness import generator

NAME = "stepwise"
#: Probability below which a pair enters: the default of the method's authors.
THRESHOLD = 0.02
N_BOOTSTRAP = 1000
#: Share of the resampled tables that a model must fit.
LEAST_USABLE = 0.9
#: Acceleration from which levels of an interval would turn round within four standard deviations.
STEEPEST = 0.2


def choose_pairs(
    patterns: NDArray[np.int64],
    counts: Array,
    *,
    left_out: int | None = None,
    threshold: float = THRESHOLD,
) -> tuple[tuple[Pair, ...], LogLinearFit]:
    """Interactions chosen forward, and the model with them (MODEL.md eq. 43).

    Args:
        patterns: 1 where a pattern is on a list, dims (pattern, list).
        counts: Persons with exactly this pattern, dims (pattern,) [persons].
        left_out: Pattern whose count is not used.
        threshold: Probability below which a pair enters.

    Returns:
        The pairs in the order in which they entered, and the fit.
    """
    known = counts if left_out is None else np.where(np.arange(len(counts)) == left_out, 0.0, counts)
    every = list(itertools.combinations(range(patterns.shape[1]), 2))
    seen = overlaps(patterns, known, every)
    chosen: tuple[Pair, ...] = ()
    fit = fit_loglinear(patterns, counts, left_out=left_out)
    while fit.exists:
        mean = fit.mean if left_out is None else np.where(np.arange(len(counts)) == left_out, 0.0, fit.mean)
        expected = overlaps(patterns, mean, every)
        p = np.minimum(stats.poisson.cdf(seen, expected), stats.poisson.sf(seen - 1, expected))
        best = _first_that_fits(patterns, counts, every, p, chosen, left_out, threshold)
        if best is None:
            return chosen, fit
        chosen, fit = best
    return chosen, fit


def _first_that_fits(
    patterns: NDArray[np.int64],
    counts: Array,
    every: list[Pair],
    p: Array,
    chosen: tuple[Pair, ...],
    left_out: int | None,
    threshold: float,
) -> tuple[tuple[Pair, ...], LogLinearFit] | None:
    """The model with the least probable pair added whose likelihood still has a maximum; None if there is none."""
    for k in np.argsort(p, kind="stable"):
        if p[k] >= threshold:
            return None
        if every[k] in chosen:
            continue
        fit = fit_loglinear(patterns, counts, (*chosen, every[k]), left_out=left_out)
        if fit.exists:
            return (*chosen, every[k]), fit
    return None


def estimate_total(table: CaptureTable, counts: Array) -> float:
    """Total by the stepwise model on some counts [persons]; not a number where no model fits."""
    _, fit = choose_pairs(table.patterns, counts)
    return float(counts.sum() + np.exp(fit.log_missing)) if fit.exists else np.nan


def stepwise(table: CaptureTable, *, seed: int = 0, n_bootstrap: int = N_BOOTSTRAP) -> EngineFit:
    """Total number of persons by the stepwise log-linear model (MODEL.md eq. 43).

    Args:
        table: Overlapping lists.
        seed: Seed of the bootstrap.
        n_bootstrap: Resampled tables.

    Returns:
        The fit: estimate of the chosen model, interval by bootstrap, in which the choice is made anew each time.
    """
    n_each = n_bootstrap if table.exact else max(n_bootstrap // 10, 50)
    return over_completed(table, lambda one: _stepwise(one, seed=seed, n_bootstrap=n_each), seed=seed)


def _stepwise(table: CaptureTable, *, seed: int, n_bootstrap: int) -> EngineFit:
    counts = table.low.astype(float)
    pairs, fit = choose_pairs(table.patterns, counts)
    if not fit.exists:
        return no_answer(table, NAME, note=NO_MAXIMUM)
    estimate = table.n_listed + float(np.exp(fit.log_missing))
    again = {k: choose_pairs(table.patterns, counts, left_out=k)[0] for k in range(len(counts))}
    replicates = _bootstrap(table, counts, seed=seed, n_bootstrap=n_bootstrap)
    failed = int(np.isnan(replicates).sum())
    words = " ".join(f"{table.lists[i]}:{table.lists[j]}" for i, j in pairs)
    note = f"pairs in order of entry: {words or 'none'}"
    if failed:
        note += f"; {failed} of {n_bootstrap} resampled tables have no model that fits"
    usable = replicates[~np.isnan(replicates)]
    if usable.size < LEAST_USABLE * n_bootstrap:
        return no_answer(table, NAME, note=note)
    acceleration = _acceleration(table, counts)
    if abs(acceleration) > STEEPEST:
        acceleration = 0.0
        note += (
            "; the influence of single persons is too uneven for the correction of the interval's skewness"
        )
    total = _bca(usable, estimate, acceleration)
    return EngineFit(NAME, estimate, total, cell_scores(table, again), converged=True, note=note)


def _bootstrap(table: CaptureTable, counts: Array, *, seed: int, n_bootstrap: int) -> Array:
    """Totals of tables resampled from the observed one, dims (replicate,) [persons]."""
    rng = generator(seed, name=f"stepwise.{table.name}")
    resampled = rng.multinomial(int(counts.sum()), counts / counts.sum(), size=n_bootstrap)
    return np.array([estimate_total(table, row.astype(float)) for row in resampled])


def _acceleration(table: CaptureTable, counts: Array) -> float:
    """Skewness of the influence of one person, by leaving one of each pattern out in turn."""
    held = np.flatnonzero(counts > 0)
    left = np.array([estimate_total(table, counts - np.eye(len(counts))[k]) for k in held])
    usable = np.isfinite(left)
    if not usable.any():
        return 0.0
    weight, left = counts[held][usable], left[usable]
    influence = np.average(left, weights=weight) - left
    spread = (weight * influence**2).sum()
    return float((weight * influence**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0


def _bca(replicates: Array, estimate: float, acceleration: float) -> Array:
    """Equally likely values whose quantiles are the bias-corrected accelerated limits, dims (point,) [persons]."""
    below = np.clip((replicates < estimate).mean(), 0.5 / len(replicates), 1 - 0.5 / len(replicates))
    shift = stats.norm.ppf(below)
    moved = shift + stats.norm.ppf(middles())
    level = stats.norm.cdf(shift + moved / (1 - acceleration * moved))
    return np.asarray(np.quantile(replicates, level))
