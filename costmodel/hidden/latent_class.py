"""Latent classes: lists are independent within classes of persons whom lists find more or less easily.

Manrique-Vallier (2016), Biometrics 72, 1246-1254: stick-breaking weights over at most ten classes, flat priors for the
chance to be on a list, a prior proportional to 1/N for the total. Gibbs sampler over patterns, not persons, so that
its time does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import special, stats

from costmodel.evidence.lists import CaptureTable
from costmodel.gate import Diagnostics, diagnose
from costmodel.hidden.engine import Array, EngineFit
from costmodel.randomness import generator

NAME = "latent_class"
CLASSES = 10
#: Shape and rate of the gamma prior of the concentration of the weights.
CONCENTRATION = (0.25, 0.25)
CHAINS = 8
#: Steps from one kept draw to the next; steps at which chains are first looked at, and at which they are given up.
THIN, FIRST_LOOK, MAX_STEPS = 20, 8_000, 64_000
#: Chains, tuning steps and draws from which a held-out cell is predicted; a cell over whose log probability the chains
#: differ by a larger SD has no score.
SCORE_RUN, SCORE_SD = (8, 2000, 4000), 0.5
#: Largest mean of which a count is drawn: far above any population, far below what an integer can hold.
MOST = 1e15
#: Keeps probabilities and shapes away from numbers that cannot be divided by.
TINY = 1e-300


@dataclass(frozen=True)
class State:
    """Where every chain stands after a step.

    Attributes:
        missing: Persons on no list, dims (chain,) [persons].
        log_mean: Log expected persons of each pattern, dims (chain, pattern).
    """

    missing: NDArray[np.int64]
    log_mean: Array


def _gamma(rng: np.random.Generator, shape: Array) -> Array:
    return np.maximum(rng.gamma(np.maximum(shape, TINY)), TINY)


def gibbs(
    table: CaptureTable,
    *,
    chains: int,
    rng: np.random.Generator,
    held: int | None = None,
) -> Iterator[State]:
    """Steps of the sampler, without end (MODEL.md eq. 46).

    Args:
        table: Overlapping lists; an interval is drawn anew in each step, and never shown.
        chains: Chains that run side by side from starts far apart.
        rng: Random numbers.
        held: Pattern whose count is not used and is drawn anew in each step.

    Yields:
        Where the chains stand.
    """
    n_lists = len(table.lists)
    low, high = table.low, table.high
    masked = [k for k in np.flatnonzero(low < high) if k != held]
    unseen = [len(low)] if held is None else [held, len(low)]
    patterns = np.vstack([table.patterns, np.zeros(n_lists, dtype=int)])  # the last: on no list
    counts = np.broadcast_to(np.append(low, 0), (chains, len(low) + 1)).copy()
    chance = rng.beta(1, 1, size=(chains, CLASSES, n_lists))
    weight = rng.dirichlet(np.ones(CLASSES), size=chains)
    concentration = np.ones(chains)
    while True:
        on = np.log(np.maximum(chance, TINY))[:, None] * patterns[None, :, None, :]
        off = np.log(np.maximum(1 - chance, TINY))[:, None] * (1 - patterns[None, :, None, :])
        joint = np.exp((on + off).sum(axis=3)) * weight[:, None, :]  # (chain, pattern, class)
        share = np.maximum(joint.sum(axis=2), TINY)
        # Expected persons in all, prior 1/level: cells nobody has seen are integrated out, since they are drawn next. A
        # masked cell is known to lie in its interval and therefore enters by its last draw.
        seen = np.delete(share, unseen, axis=1).sum(axis=1)
        known = np.delete(counts, unseen, axis=1).sum(axis=1)
        level = _gamma(rng, known.astype(float)) / seen
        log_mean = np.log(level[:, None]) + np.log(share)
        for k in masked:
            counts[:, k] = _poisson_between(rng, np.exp(log_mean[:, k]), int(low[k]), int(high[k]))
        if held is not None:
            counts[:, held] = rng.poisson(np.minimum(np.exp(log_mean[:, held]), MOST))
        counts[:, -1] = rng.poisson(np.minimum(np.exp(log_mean[:, -1]), MOST))
        yield State(counts[:, -1].copy(), log_mean)
        members = rng.multinomial(counts, joint / share[:, :, None])  # (chain, pattern, class)
        with_list = np.einsum("cpk,pl->ckl", members, patterns)
        size = members.sum(axis=1)
        chance = rng.beta(1.0 + with_list, 1.0 + size[:, :, None] - with_list)
        weight, concentration = _weights(rng, size, concentration)


def _poisson_between(rng: np.random.Generator, mean: Array, low: int, high: int) -> NDArray[np.int64]:
    """Poisson counts between two bounds, both included, by inversion, dims of `mean`."""
    below, upto = stats.poisson.cdf(low - 1, mean), stats.poisson.cdf(high, mean)
    level = below + rng.random(mean.shape) * np.maximum(upto - below, TINY)
    drawn: NDArray[np.int64] = np.clip(stats.poisson.ppf(level, mean), low, high).astype(np.int64)
    return drawn


def _weights(rng: np.random.Generator, size: NDArray[np.int64], concentration: Array) -> tuple[Array, Array]:
    """Stick-breaking weights of the classes, and their concentration, given the persons in each."""
    after = size.sum(axis=1, keepdims=True) - np.cumsum(size, axis=1)
    stick = rng.beta(1.0 + size[:, :-1], np.maximum(concentration[:, None] + after[:, :-1], TINY))
    stick = np.clip(stick, TINY, 1 - 1e-12)
    left = np.cumsum(np.log1p(-stick), axis=1)
    log_weight = np.column_stack([np.log(stick), np.zeros(len(size))])
    log_weight[:, 1:] += left
    shape, rate = CONCENTRATION
    drawn = rng.gamma(shape + CLASSES - 1, 1 / (rate - left[:, -1]))
    return np.exp(log_weight), np.maximum(drawn, TINY)


def latent_class(
    table: CaptureTable, *, seed: int = 0, chains: int = CHAINS, max_steps: int = MAX_STEPS
) -> EngineFit:
    """Total number of persons by latent classes (MODEL.md eq. 46).

    Args:
        table: Overlapping lists; small cells may be intervals.
        seed: Seed of the sampler.
        chains: Chains.
        max_steps: Steps after which chains that still do not agree are given up.

    Returns:
        The fit from the second half of all steps: estimate is the median. Chains that do not agree are reported as not
        converged, whatever their median.
    """
    missing, found = _until_they_agree(table, seed=seed, chains=chains, max_steps=max_steps)
    total = table.n_listed + missing.ravel()
    converged = bool(found["converged"])
    note = f"R-hat {found['rhat_max']:.2f}, ESS {min(found['ess_bulk_min'], found['ess_tail_min']):.0f}"
    if not converged:
        note += ": the chains do not agree, and its number may not be used"
    return EngineFit(
        engine=NAME,
        estimate=float(np.median(total)),
        total=total,
        cell_score=cell_scores(table, seed=seed) if converged else np.full(len(table.low), np.nan),
        converged=converged,
        note=note,
    )


def _until_they_agree(
    table: CaptureTable, *, seed: int, chains: int, max_steps: int
) -> tuple[Array, Diagnostics]:
    """Persons on no list from the second half of the steps, dims (chain, draw); looked at whenever they doubled."""
    steps = gibbs(table, chains=chains, rng=generator(seed, name=f"latent_class.{table.name}"))
    kept: list[NDArray[np.int64]] = []
    look = min(FIRST_LOOK, max_steps)
    while True:
        for k in range(len(kept) * THIN, look):
            state = next(steps)
            if k % THIN == 0:
                kept.append(state.missing)
        missing = np.array(kept[len(kept) // 2 :], dtype=float).T
        found = diagnose(_tree(np.log(missing + 0.5)))
        if found["converged"] or look >= max_steps:
            return missing, found
        look = min(2 * look, max_steps)


def _tree(log_missing: Array) -> xr.DataTree:
    """Draws of one quantity in the form in which the gate takes them."""
    dims = ("chain", "draw")
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"log_missing": (dims, log_missing)}),
            "sample_stats": xr.Dataset({"diverging": (dims, np.zeros(log_missing.shape, dtype=bool))}),
        }
    )


def cell_scores(table: CaptureTable, *, seed: int) -> Array:
    """Log probability of each cell predicted without it, its count drawn anew in each step (MODEL.md eq. 46).

    Args:
        table: Overlapping lists.
        seed: Seed of the sampler.

    Returns:
        Dims (pattern,); not a number for a cell that is an interval, or of which the chains do not agree.
    """
    chains, tune, draws = SCORE_RUN
    scores = np.full(len(table.low), np.nan)
    for k in np.flatnonzero(table.low == table.high):
        rng = generator(seed, name=f"latent_class.{table.name}.{k}")
        steps = gibbs(table, chains=chains, rng=rng, held=int(k))
        log_p = np.empty((draws, chains))
        for step in range(tune + draws):
            state = next(steps)
            if step >= tune:
                log_p[step - tune] = stats.poisson.logpmf(table.low[k], np.exp(state.log_mean[:, k]))
        by_chain = special.logsumexp(log_p, axis=0) - np.log(draws)
        if by_chain.std() <= SCORE_SD:
            scores[k] = special.logsumexp(by_chain) - np.log(chains)
    return scores
