"""Predictive checks: would the model have made the data that it was shown, before and after seeing them?"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import xarray as xr
from numpy.typing import NDArray

from costmodel.evidence.register import Evidence
from costmodel.model.joint import BUILDERS, Builder
from costmodel.model.priors import Priors

Array = NDArray[np.float64]

#: Replicates are drawn once: compiling them for speed takes longer than drawing them.
PLAIN = {"mode": "FAST_COMPILE"}
#: Shares of the predictive distribution that are checked for coverage.
INTERVALS = (0.5, 0.9)
COLUMNS = ("submodel", "kind", "variable", "observed", "place")


@dataclass(frozen=True)
class Replicates:
    """Data that a sub-model would have made, by observed variable.

    Attributes:
        submodel: Its name.
        kind: prior | posterior.
        drawn: Replicates by variable, dims (draw, row).
        observed: What was shown to it by variable, dims (row,).
    """

    submodel: str
    kind: str
    drawn: Mapping[str, Array]
    observed: Mapping[str, Array]


def replicate(
    name: str,
    evidence: Evidence,
    priors: Priors,
    *,
    tree: xr.DataTree | None = None,
    builder: Builder | None = None,
    n_draws: int = 500,
    seed: int = 0,
) -> Replicates:
    """Replicates of the data of one sub-model, from its prior or from a fit.

    Args:
        name: Sub-model.
        evidence: The evidence.
        priors: Priors by name.
        tree: Its fit; the prior predictive is drawn if not given.
        builder: Builds the sub-model; the package's own if not given.
        n_draws: Draws, thinned evenly from the fit.
        seed: Seed of the draws.

    Returns:
        Replicates and what was observed.
    """
    model = (builder or BUILDERS[name])(evidence, priors)
    names = [variable.name for variable in model.observed_RVs]
    with model, _silent():
        if tree is None:
            found = pm.sample_prior_predictive(
                n_draws, var_names=names, random_seed=seed, compile_kwargs=PLAIN
            )
            drawn = found["prior_predictive"].to_dataset()
        else:
            step = max(1, int(tree["posterior"].sizes["chain"] * tree["posterior"].sizes["draw"] / n_draws))
            posterior = tree["posterior"].to_dataset().isel(draw=slice(None, None, step))
            found = pm.sample_posterior_predictive(
                posterior, var_names=names, random_seed=seed, progressbar=False, compile_kwargs=PLAIN
            )
            drawn = found["posterior_predictive"].to_dataset()
    seen = found["observed_data"].to_dataset()
    return Replicates(
        submodel=name,
        kind="prior" if tree is None else "posterior",
        drawn={
            v: drawn[v].to_numpy().reshape(drawn[v].sizes["chain"] * drawn[v].sizes["draw"], -1)
            for v in names
        },
        observed={v: np.atleast_1d(seen[v].to_numpy()).reshape(-1) for v in names},
    )


@contextmanager
def _silent() -> Iterator[None]:
    """Without the list of all variables that PyMC writes to its log at each call."""
    logger = logging.getLogger("pymc")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def places(replicates: Replicates) -> pd.DataFrame:
    """Where each observation lies among its replicates, from 0 to 1: evenly spread if the model made the data.

    Half of the replicates that equal a count stand below it, half above.

    Args:
        replicates: As `replicate` returns them.

    Returns:
        One row an observation: submodel, kind, variable, observed, place.
    """
    rows = []
    for variable, drawn in replicates.drawn.items():
        seen = replicates.observed[variable]
        place = (drawn < seen).mean(axis=0) + (drawn == seen).mean(axis=0) / 2
        rows += [
            (replicates.submodel, replicates.kind, variable, float(value), float(where))
            for value, where in zip(seen, place, strict=True)
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def coverage(found: pd.DataFrame) -> pd.DataFrame:
    """Share of observations inside the middle half and the middle nine tenths of their replicates.

    Args:
        found: As `places` returns them.

    Returns:
        One row a sub-model and kind: rows, inside_50, inside_90, mean place (0.5 if centred).
    """
    table = found.assign(
        **{f"inside_{level * 100:.0f}": (found["place"] - 0.5).abs() <= level / 2 for level in INTERVALS}
    )
    grouped = table.groupby(["submodel", "kind"], sort=False)
    return pd.DataFrame(
        {
            "rows": grouped.size(),
            "inside_50": grouped["inside_50"].mean(),
            "inside_90": grouped["inside_90"].mean(),
            "mean_place": grouped["place"].mean(),
        }
    ).reset_index()
