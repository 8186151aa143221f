"""A model of one mean, and fits of it made by hand: for tests of the gate and of the store of fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import xarray as xr

from costmodel.evidence import Evidence
from costmodel.model.priors import Priors

OBSERVED = 0.3


def build_tiny(evidence: Evidence, priors: Priors) -> pm.Model:
    """One mean, observed once with error 1, prior Normal(0, 1): posterior Normal(0.15, 0.5 in variance)."""
    with pm.Model() as model:
        mean = pm.Normal("mean", 0, 1)
        pm.Normal("study", mean, 1, observed=OBSERVED)
    return model


def tiny_tree(
    *, chains: int = 4, draws: int = 500, apart: float = 0.0, diverging: int = 0, **fixed: Any
) -> xr.DataTree:
    """Independent draws in the form of a fit.

    Args:
        chains: Chains.
        draws: Draws a chain.
        apart: Distance between the means of neighbouring chains, in SDs: 0 is a fit that converged.
        diverging: Draws that are marked as divergent.
        fixed: Further parameters by name, one value a chain for all its draws.
    """
    rng = np.random.default_rng(1)
    values = rng.normal(size=(chains, draws)) + apart * np.arange(chains)[:, None]
    coords = {"chain": np.arange(chains), "draw": np.arange(draws)}
    dims = ("chain", "draw")
    stuck = {
        name: (dims, np.repeat(np.asarray(each, dtype=float)[:, None], draws, axis=1))
        for name, each in fixed.items()
    }
    flags = np.zeros(chains * draws, dtype=bool)
    flags[:diverging] = True
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"mean": (dims, values), **stuck}, coords=coords),
            "sample_stats": xr.Dataset({"diverging": (dims, flags.reshape(chains, draws))}, coords=coords),
        }
    )
