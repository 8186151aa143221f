"""Independence: lists find persons independently of one another (Poisson log-linear model, main effects).

Darroch (1958); Fienberg (1972), Biometrika 59, 591-603. The oldest engine and the most wrong: lists that refer persons
to one another make it too low, lists that share a district too high.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from costmodel.evidence.lists import CaptureTable
from costmodel.hidden.engine import EngineFit, middles, no_answer, over_completed, predicted_cell
from costmodel.hidden.poisson import Pair, fit_loglinear

NAME = "independence"
NO_MAXIMUM = "the likelihood has no single maximum: too few persons are on two lists"


def cell_scores(table: CaptureTable, pairs: dict[int, tuple[Pair, ...]]) -> np.ndarray:
    """Log probability of each cell, predicted by the model fitted without it (MODEL.md eq. 42-43).

    Args:
        table: Lists with known counts.
        pairs: Interactions of the model that is fitted without the cell, by cell.

    Returns:
        Dims (pattern,); not a number where the rest of the table does not fix the model, minus infinity where the model
        says that nobody can be and somebody is.
    """
    counts = table.low.astype(float)
    scores = np.zeros(len(counts))
    for k, chosen in pairs.items():
        fit = fit_loglinear(table.patterns, counts, chosen, left_out=k)
        if not fit.exists:
            scores[k] = np.nan
        elif fit.mean[k] == 0:  # the model says that nobody can be there
            scores[k] = 0.0 if counts[k] == 0 else -np.inf
        else:
            scores[k] = predicted_cell(counts[k], log_mean=float(np.log(fit.mean[k])), sd=float(fit.sd[k]))
    return scores


def independence(table: CaptureTable, *, seed: int = 0) -> EngineFit:
    """Total number of persons if lists were independent (MODEL.md eq. 42).

    Args:
        table: Overlapping lists.
        seed: Seed of small cells given as intervals; not used where all counts are known.

    Returns:
        The fit: estimate n + exp(mu), interval from the standard error of mu.
    """
    return over_completed(table, _independence, seed=seed)


def _independence(table: CaptureTable) -> EngineFit:
    fit = fit_loglinear(table.patterns, table.low.astype(float))
    if not fit.exists:
        return no_answer(table, NAME, note=NO_MAXIMUM)
    missing = np.exp(fit.log_missing + fit.sd_missing * stats.norm.ppf(middles()))
    return EngineFit(
        engine=NAME,
        estimate=table.n_listed + float(np.exp(fit.log_missing)),
        total=table.n_listed + missing,
        cell_score=cell_scores(table, dict.fromkeys(range(len(table.low)), ())),
        converged=True,
        note="lists independent of one another",
    )
