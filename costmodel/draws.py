"""Draws as plain arrays: one order of chains and draws everywhere."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray


def flat(draws: xr.Dataset, name: str, **where: str) -> NDArray[np.float64]:
    """One quantity over all chains in order, dims (draw, ...).

    Args:
        draws: Dims (chain, draw, ...) in any order.
        name: The quantity.
        where: Labels to select, by dim.

    Returns:
        Chains one after the other, then what dims are left [unit of the quantity].
    """
    array = (draws[name].sel(where) if where else draws[name]).transpose("chain", "draw", ...)
    return np.asarray(array.to_numpy().reshape(-1, *array.shape[2:]), dtype=float)
