"""What every engine of multiple systems estimation takes and gives, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from costmodel.evidence.lists import CaptureTable
from costmodel.randomness import generator

Array = NDArray[np.float64]

#: Points at which a distribution that is known exactly is handed on.
N_POINTS = 4000
#: Completed tables that stand for one with intervals.
N_COMPLETED = 20
#: Nodes over the error of a predicted cell.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(20)


@dataclass(frozen=True)
class EngineFit:
    """What one engine says of one table of lists.

    Attributes:
        engine: Name of the engine.
        estimate: Persons on any list or on none: the estimate the method itself prints, else the median [persons].
        total: The same as draws or equally likely values, dims (draw,) [persons].
        cell_score: Log probability of each observed cell, predicted without it, dims (pattern,); not a number for a
            cell that is an interval, or that the engine cannot predict.
        converged: Whether the number may be used.
        note: In words: what was chosen, and why it has not converged.
    """

    engine: str
    estimate: float
    total: Array
    cell_score: Array
    converged: bool
    note: str

    def interval(self, level: float) -> tuple[float, float]:
        """Equal-tailed interval of the given level [persons]."""
        tail = (1 - level) / 2
        low, high = np.quantile(self.total, [tail, 1 - tail], method="inverted_cdf")
        return float(low), float(high)


Engine = Callable[..., EngineFit]


def middles(n_points: int = N_POINTS) -> Array:
    """Equally likely levels between 0 and 1, dims (point,)."""
    return (np.arange(n_points) + 0.5) / n_points


def no_answer(table: CaptureTable, engine: str, *, note: str) -> EngineFit:
    """What an engine says of a table that it cannot fit: no number, and why."""
    nothing = np.full(len(table.low), np.nan)
    return EngineFit(engine, np.nan, np.full(1, np.nan), nothing, converged=False, note=note)


def predicted_cell(count: float, *, log_mean: float, sd: float) -> float:
    """Log probability of a count whose Poisson mean is log-normal, by quadrature."""
    means = np.exp(log_mean + sd * _NODES)
    terms = stats.poisson.logpmf(count, means) + np.log(_WEIGHTS / _WEIGHTS.sum())
    return float(special.logsumexp(terms))


def completed(table: CaptureTable, *, seed: int) -> list[CaptureTable]:
    """Tables with every count filled in: the table itself where all are known.

    A count known as an interval is drawn evenly within it. Draws stay inside the engine: no output shows one.
    """
    if table.exact:
        return [table]
    rng = generator(seed, name=f"completed.{table.name}")
    filled = []
    for _ in range(N_COMPLETED):
        count = rng.integers(table.low, table.high, endpoint=True)
        filled.append(replace(table, low=count, high=count))
    return filled


def over_completed(
    table: CaptureTable, fit_one: Callable[[CaptureTable], EngineFit], *, seed: int
) -> EngineFit:
    """An engine that needs counts, on a table with intervals: draws of all completed tables together."""
    fits = [fit_one(one) for one in completed(table, seed=seed)]
    if table.exact:
        return fits[0]
    usable = [fit for fit in fits if np.isfinite(fit.estimate)]
    if not usable:
        return no_answer(table, fits[0].engine, note=fits[0].note)
    fits, failed = usable, len(fits) - len(usable)
    scores = special.logsumexp([fit.cell_score for fit in fits], axis=0) - np.log(len(fits))
    note = f"{len(fits)} tables with small cells drawn evenly within their intervals"
    if failed:
        note += f", {failed} more that no model fits"
    return EngineFit(
        engine=fits[0].engine,
        estimate=float(np.median([fit.estimate for fit in fits])),
        total=np.sort(np.concatenate([fit.total for fit in fits])),
        cell_score=np.where(table.low == table.high, scores, np.nan),  # what is not known cannot be predicted
        converged=all(fit.converged for fit in fits) and not failed,
        note=f"{note}; {fits[0].note}",
    )
