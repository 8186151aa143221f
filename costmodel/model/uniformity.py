"""Are ranks uniform? The test of simulation-based calibration, corrected for many quantities.

In each replicate parameters are drawn from the prior, data from them, and the model is fitted to the data. The
rank of the drawn value among draws of its posterior is then uniform, for every quantity, if the sampler samples
what the model says (Talts et al. 2018). Ranks are judged in `BINS` bins by the largest departure of their
distribution from uniform, at all edges at once (Säilynoja et al. 2022).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from costmodel.randomness import generator

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BINS = 20
#: Posterior draws a rank is taken among: ranks 0 to 99 fill the bins evenly.
RANKED = 99
#: Simulated sets of uniform ranks behind a p-value.
SIMULATED = 100_000
#: Chance of an alarm over all quantities of a table together, where nothing is wrong.
ALARM = 0.05


def ranks(truth: Array, draws: Array) -> Index:
    """Draws below the truth, dims (quantity,) [0 to number of draws].

    Args:
        truth: Values that the data were made with, dims (quantity,).
        draws: Posterior draws, nearly independent, dims (draw, quantity).

    Example:
        >>> ranks(np.array([0.5]), np.array([[0.1], [0.4], [0.9]])).tolist()
        [2]
    """
    below: Index = (draws < truth).sum(axis=0)
    return below


def bin_counts(found: Index) -> Index:
    """Replicates in each bin of ranks, dims (quantity, bin).

    Args:
        found: Ranks among `RANKED` draws, dims (replicate, quantity).
    """
    bins = found * BINS // (RANKED + 1)
    return np.stack([(bins == i).sum(axis=0) for i in range(BINS)], axis=1)


def _tails(n_replicates: int) -> Array:
    """Two-sided tail probability of each cumulative count at each inner edge, dims (edge, count)."""
    counts = np.arange(n_replicates + 1)
    edges = (np.arange(1, BINS) / BINS)[:, None]
    lower = stats.binom.cdf(counts, n_replicates, edges)
    upper = stats.binom.sf(counts - 1, n_replicates, edges)
    tails: Array = 2 * np.minimum(lower, upper)
    return tails


def departure(counts: Index) -> Array:
    """Least tail probability over all edges: small where ranks are not uniform, dims (quantity,).

    Args:
        counts: Replicates in each bin, dims (quantity, bin); as many replicates for every quantity.
    """
    below = np.cumsum(counts, axis=1)
    tails = _tails(int(below[0, -1]))
    least: Array = tails[np.arange(BINS - 1), below[:, :-1]].min(axis=1)
    return least


def _uniform_departures(n_replicates: int, seed: int) -> Array:
    """Departures of simulated uniform ranks, sorted, dims (simulation,)."""
    rng = generator(seed, name="uniform ranks")
    simulated = rng.multinomial(n_replicates, np.full(BINS, 1 / BINS), size=SIMULATED)
    return np.sort(departure(simulated))


def p_values(counts: Index, *, seed: int) -> Array:
    """Chance that uniform ranks depart at least as far, dims (quantity,); at least 1 / (1 + `SIMULATED`).

    Args:
        counts: Replicates in each bin, dims (quantity, bin).
        seed: Seed of the simulated ranks.
    """
    null = _uniform_departures(int(counts[0].sum()), seed)
    further: Array = np.searchsorted(null, departure(counts), side="right").astype(float)
    return (1 + further) / (1 + null.size)


def holm(p: Array) -> Array:
    """p-values corrected for their number (Holm 1979): valid however the quantities depend on each other.

    Args:
        p: p-values, dims (quantity,).

    Returns:
        Corrected, dims (quantity,): below `ALARM` nowhere in 95% of tables in which nothing is wrong.

    Example:
        >>> holm(np.array([0.01, 0.5, 0.02])).tolist()
        [0.03, 0.5, 0.04]
    """
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    corrected = np.empty(p.size)
    corrected[order] = np.minimum(steps, 1.0)
    return corrected


def band(n_replicates: int, *, alarm: float, seed: int) -> tuple[Array, Array]:
    """Limits within which the share of ranks below each edge stays, all edges at once, with chance 1 - alarm.

    Args:
        n_replicates: Replicates.
        alarm: Chance that uniform ranks leave the band anywhere.
        seed: Seed of the simulated ranks.

    Returns:
        Lower and upper limit, dims (edge,) [share of replicates].
    """
    allowed = np.quantile(_uniform_departures(n_replicates, seed), alarm)
    inside = _tails(n_replicates) > allowed
    counts = np.arange(n_replicates + 1) / n_replicates
    low = np.array([counts[row].min() for row in inside])
    high = np.array([counts[row].max() for row in inside])
    return low, high


def bands(n_replicates: int, *, n_quantities: int, seed: int) -> pd.DataFrame:
    """The band of one quantity and that of all quantities together, at the level `ALARM`.

    Args:
        n_replicates: Replicates.
        n_quantities: Quantities that are judged together; the outer band shares `ALARM` among them.
        seed: Seed of the simulated ranks.

    Returns:
        Columns edge, low, high, low_all, high_all, a row an inner edge of the bins.
    """
    low, high = band(n_replicates, alarm=ALARM, seed=seed)
    low_all, high_all = band(n_replicates, alarm=ALARM / n_quantities, seed=seed)
    edge = np.arange(1, BINS) / BINS
    return pd.DataFrame({"edge": edge, "low": low, "high": high, "low_all": low_all, "high_all": high_all})


def by_submodel(table: pd.DataFrame) -> pd.DataFrame:
    """What a calibration table says of each sub-model.

    Args:
        table: As from `calibration.calibration_table`.

    Returns:
        A row a sub-model: submodel, quantities, replicates, diverging, divergences, ess_min, inside_90 (mean, least
        and most over its quantities), p_below_05 (share of quantities), p_least, p_corrected (least), alarms.
    """
    rows = []
    for name, part in table.groupby("submodel", sort=False):
        rows.append(
            {
                "submodel": name,
                "quantities": len(part),
                "replicates": int(part["replicates"].iloc[0]),
                "diverging": int(part["diverging"].iloc[0]),
                "divergences": float(part["divergences"].iloc[0]),
                "ess_min": float(part["ess_min"].iloc[0]),
                "inside_90": float(part["inside_90"].mean()),
                "inside_90_least": float(part["inside_90"].min()),
                "inside_90_most": float(part["inside_90"].max()),
                "p_below_05": float((part["p"] < ALARM).mean()),
                "p_least": float(part["p"].min()),
                "p_corrected": float(part["p_corrected"].min()),
                "alarms": int((part["p_corrected"] < ALARM).sum()),
            }
        )
    return pd.DataFrame(rows)


def rank_table(found: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The rank test of every quantity.

    Args:
        found: Ranks among `RANKED` draws, a row a replicate, a column a quantity.
        seed: Seed of the simulated ranks.

    Returns:
        A row a quantity: quantity, replicates, inside_90 (share of replicates whose 90% interval holds the truth),
        above (share whose median is below the truth), p, and bin_00 ... (replicates in each bin).
    """
    counts = bin_counts(found.to_numpy())
    table = pd.DataFrame({"quantity": found.columns, "replicates": len(found)})
    return pd.concat([table, summaries(counts, seed=seed), bin_columns(counts)], axis=1)


def bin_columns(counts: Index) -> pd.DataFrame:
    """Counts by bin as columns bin_00, bin_01 ..."""
    return pd.DataFrame(counts, columns=[f"bin_{i:02}" for i in range(BINS)])


def summaries(counts: Index, *, seed: int) -> pd.DataFrame:
    """What the bins say of each quantity: inside_90, above, p.

    Args:
        counts: Replicates in each bin, dims (quantity, bin).
        seed: Seed of the simulated ranks.
    """
    n = counts.sum(axis=1)
    return pd.DataFrame(
        {
            "inside_90": counts[:, 1:-1].sum(axis=1) / n,
            "above": counts[:, BINS // 2 :].sum(axis=1) / n,
            "p": p_values(counts, seed=seed),
        }
    )
