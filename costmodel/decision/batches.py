"""Draws one after the other, and the error of what is computed from them: draws of a chain are not independent."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SAMPLE_DIMS = ("chain", "draw")
#: Batches over all chains. Each must be longer than draws remember, and enough must be left to see their spread.
N_BATCHES = 20
#: Fewer draws than two a batch say nothing about an error.
FEWEST_DRAWS = 2 * N_BATCHES


def by_sample(draws: xr.DataArray) -> Array:
    """Chains one after the other, then what dims are left.

    Args:
        draws: Any quantity, dims (chain, draw, ...) in any order [unit of the caller].

    Returns:
        Dims (sample, ...) [unit of `draws`].

    Raises:
        ValueError: If there are fewer than 40 draws, or one is missing or infinite.
    """
    values = draws.transpose(*SAMPLE_DIMS, ...).to_numpy().astype(float)
    values = values.reshape(-1, *values.shape[2:])
    name = draws.name or "an unnamed quantity"
    if values.shape[0] < FEWEST_DRAWS:
        raise ValueError(f"draws of {name}: {values.shape[0]}; give at least {FEWEST_DRAWS}")
    if not np.isfinite(values).all():
        raise ValueError(f"draws of {name}: some are missing or infinite; find where they arise first")
    return values


def batches(draws: xr.DataArray) -> Index:
    """Batch of each sample: about twenty stretches of neighbouring draws, none across chains.

    Args:
        draws: Any quantity, dims (chain, draw, ...).

    Returns:
        Number of the batch, dims (sample,).

    Example:
        >>> batches(xr.DataArray(np.zeros((4, 10)), dims=("chain", "draw")))[:11].tolist()
        [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    """
    n_chains, n_draws = draws.sizes["chain"], draws.sizes["draw"]
    each = min(max(round(N_BATCHES / n_chains), 1), n_draws)
    within = np.arange(n_draws) * each // n_draws
    return (np.arange(n_chains)[:, None] * each + within[None, :]).ravel()


def error_of_mean(terms: Array, batch: Index) -> Array:
    """Monte Carlo standard error of a mean over draws, from the spread of its batches.

    Args:
        terms: What is averaged, or the influence of each draw on an estimate, dims (sample, ...) [any unit].
        batch: Batch of each sample, dims (sample,).

    Returns:
        Standard error, dims (...) [unit of `terms`].

    Example:
        >>> error_of_mean(np.array([1.0, 1.0, 3.0, 3.0]), np.array([0, 0, 1, 1])).item()
        1.0
    """
    centred = terms - terms.mean(axis=0)
    n_batches = int(batch.max()) + 1
    sums = np.zeros((n_batches, *terms.shape[1:]))
    np.add.at(sums, batch, centred)
    squared = (sums**2).sum(axis=0) * n_batches / max(n_batches - 1, 1)
    error: Array = np.sqrt(squared) / terms.shape[0]
    return error
