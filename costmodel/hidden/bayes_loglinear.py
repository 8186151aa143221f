"""Bayesian log-linear model with every pair of lists, interactions shrunk towards none.

Silverman (2020), J. R. Stat. Soc. A 183, 691-736: y_A ~ Poisson(exp(mu + sum of a_i + sum of b_ij)) over every pattern
but "on no list", zeros included; b_ij ~ Normal(0, 1), mu and a_i flat for all that matters. The total is n + exp(mu).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as pt

from costmodel.evidence.lists import SMALL, CaptureTable
from costmodel.gate import diagnose
from costmodel.hidden.engine import Array, EngineFit, predicted_cell

NAME = "bayes_loglinear"
#: Standard deviation of the intercept and of the main effects: flat for all that matters.
FLAT_SD = 100.0
INTERACTION_SD = 1.0
#: Log of the largest mean of which a count can be drawn; draws of wide priors pass it, no table does.
LOG_MOST = 40.0
CHAINS, TUNE, DRAWS = 4, 1000, 5000
#: Steps of the search for the mode in held-out scores, and the change at which it has been found.
MODE_STEPS, MODE_STILL = 200, 1e-8
#: Longest step of a coefficient in that search, which keeps it from overshooting.
LONGEST = 1.0


def design(table: CaptureTable) -> Array:
    """Columns of lists, then of pairs of lists, dims (pattern, term) [0 or 1]."""
    pairs = itertools.combinations(range(len(table.lists)), 2)
    both = [table.patterns[:, i] * table.patterns[:, j] for i, j in pairs]
    return np.column_stack([table.patterns, *both]).astype(float)


def log_interval(value: Any, mean: Any, low: Any, high: Any) -> Any:
    """Log probability that a Poisson count lies in its interval, or outside where `value` is above it.

    Args:
        value: `low` for a count inside, anything above `high` for one outside, dims (cell,) [persons].
        mean: Expected persons, dims (cell,) [persons].
        low: Lower ends of the intervals, included, dims (cell,) [persons].
        high: Upper ends, included, dims (cell,) [persons].

    Returns:
        Dims (cell,).
    """
    low, high = np.asarray(low), np.asarray(high)
    steps = np.arange(int((high - low).max()) + 1)
    terms = pm.logp(pm.Poisson.dist(mean[:, None]), low[:, None] + steps)
    inside = pt.logsumexp(pt.switch(steps <= (high - low)[:, None], terms, -np.inf), axis=1)
    above = value > high
    # Where the count is inside, log(1 - P) may be infinite: keep it out of the gradient.
    return pt.switch(above, pt.log1mexp(pt.switch(above, inside, -1.0)), inside)


def observe_lists(table: CaptureTable, log_mean: Any, *, name: str) -> None:
    """Counts of a table, known or as intervals, given the log mean of each pattern (MODEL.md eq. 45).

    Call inside a PyMC model.

    Args:
        table: Overlapping lists.
        log_mean: Log expected persons, dims (pattern,).
        name: Name of the observed variable.
    """
    known = table.low == table.high
    mean = pt.exp(pt.minimum(log_mean, LOG_MOST))
    pm.Poisson(name, mean[known], observed=table.low[known])
    if not known.all():
        low, high = table.low[~known], table.high[~known]

        def outcome(mu: Array, rng: np.random.Generator, size: Any = None) -> Array:
            count = rng.poisson(mu, size=size)
            return np.asarray(np.where((count >= low) & (count <= high), low, high + 1))

        pm.CustomDist(
            f"{name}_masked",
            mean[~known],
            logp=lambda value, mu: log_interval(value, mu, low, high),
            random=outcome,
            observed=low,
            dtype="int64",
        )


def list_means(
    table: CaptureTable,
    log_missing: Any,
    *,
    name: str,
    effect: tuple[Any, float] = (0.0, FLAT_SD),
    interaction: tuple[float, float] = (0.0, INTERACTION_SD),
) -> Any:
    """Log expected persons of each pattern, given the log of those on no list, dims (pattern,) (MODEL.md eq. 45).

    Call inside a PyMC model. What the counts fix is sampled as it is: persons on one list alone, and on a pair of lists
    that overlap. Only pairs of which little is known are sampled as an interaction.

    Args:
        table: Overlapping lists.
        log_missing: Log expected persons on no list.
        name: Begins the names of the variables.
        effect: Prior mean and standard deviation of the log of persons on one list alone over those on none.
        interaction: Prior mean and standard deviation of an interaction [log].

    Returns:
        Log expected persons, dims (pattern,).
    """
    pairs = list(itertools.combinations(range(len(table.lists)), 2))
    low, _ = table.overlap()
    known = np.array([low[i, j] >= SMALL for i, j in pairs])
    first, second = (np.array(ends) for ends in zip(*pairs, strict=True))
    alone = pm.Normal(f"{name}_alone", log_missing + effect[0], effect[1], shape=len(table.lists))
    unlinked = alone[first] + alone[second] - log_missing
    bond = pt.zeros(len(pairs))
    if known.any():
        centre, sd = unlinked[known] + interaction[0], interaction[1]
        together = pm.Normal(f"{name}_together", centre, sd, shape=int(known.sum()))
        bond = pt.set_subtensor(bond[known], together - unlinked[known])
    if not known.all():
        free = pm.Normal(f"{name}_interaction", *interaction, shape=int((~known).sum()))
        bond = pt.set_subtensor(bond[~known], free)
    effects = pt.concatenate([alone - log_missing, bond])
    return log_missing + pt.dot(design(table), effects)


def build_lists(table: CaptureTable, *, interaction_sd: float = INTERACTION_SD) -> pm.Model:
    """The model of one table (MODEL.md eq. 45)."""
    with pm.Model() as model:
        log_missing = pm.Normal("log_missing", 0, FLAT_SD)
        log_mean = list_means(table, log_missing, name="list", interaction=(0.0, interaction_sd))
        observe_lists(table, log_mean, name="lists")
    return model


def bayes_loglinear(
    table: CaptureTable, *, seed: int = 0, draws: int = DRAWS, interaction_sd: float = INTERACTION_SD
) -> EngineFit:
    """Total number of persons by the Bayesian log-linear model (MODEL.md eq. 45).

    Args:
        table: Overlapping lists; small cells may be intervals.
        seed: Seed of the sampler.
        draws: Draws each of four chains keeps.
        interaction_sd: Prior standard deviation of an interaction [log].

    Returns:
        The fit: estimate is the median.
    """
    compiled = nutpie.compile_pymc_model(build_lists(table, interaction_sd=interaction_sd))
    tree = nutpie.sample(
        compiled, chains=CHAINS, tune=TUNE, draws=draws, seed=seed, adaptation="low_rank", progress_bar=False
    )
    found = diagnose(tree)
    total = table.n_listed + np.exp(tree["posterior"]["log_missing"].to_numpy().ravel())
    return EngineFit(
        engine=NAME,
        estimate=float(np.median(total)),
        total=total,
        cell_score=cell_scores(table, interaction_sd=interaction_sd),
        converged=bool(found["converged"]),
        note=f"R-hat {found['rhat_max']:.3f}, least ESS {min(found['ess_bulk_min'], found['ess_tail_min']):.0f}, "
        f"{found['divergences']} divergences",
    )


def cell_scores(table: CaptureTable, *, interaction_sd: float = INTERACTION_SD) -> Array:
    """Log probability of each cell predicted without it, by the normal approximation at the mode (MODEL.md eq. 45).

    Args:
        table: Overlapping lists.
        interaction_sd: Prior standard deviation of an interaction [log].

    Returns:
        Dims (pattern,); not a number for a cell that is an interval. Where others are intervals, the middle of each
        stands for it: scores weigh engines and are no estimate of anything.
    """
    counts = (table.low + table.high) / 2
    x = np.column_stack([np.ones(len(counts)), design(table)])
    n_flat = 1 + len(table.lists)
    precision = np.full(x.shape[1], interaction_sd**-2)
    precision[:n_flat] = FLAT_SD**-2
    scores = np.full(len(counts), np.nan)
    for k in np.flatnonzero(table.low == table.high):
        rows = np.arange(len(counts)) != k
        mode, covariance = _mode(x[rows], counts[rows], precision)
        sd = float(np.sqrt(x[k] @ covariance @ x[k]))
        scores[k] = predicted_cell(counts[k], log_mean=float(x[k] @ mode), sd=sd)
    return scores


def _mode(x: Array, counts: Array, precision: Array) -> tuple[Array, Array]:
    """Posterior mode of a Poisson regression with normal priors, and the inverse of its curvature."""
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(max(counts.sum(), 1.0))
    for _ in range(MODE_STEPS):
        mean = np.exp(x @ beta)
        curvature = (x * mean[:, None]).T @ x + np.diag(precision)
        step = np.linalg.solve(curvature, x.T @ (counts - mean) - precision * beta)
        step *= min(1.0, LONGEST / max(float(np.abs(step).max()), MODE_STILL))
        beta = beta + step
        if np.abs(step).max() < MODE_STILL:
            break
    return beta, np.linalg.inv(curvature)
