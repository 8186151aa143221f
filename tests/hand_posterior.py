"""A posterior made by hand: simple numbers over 2 chains x 20 draws for the Netherlands and Benin, no sampling.

The draws are those of `costmodel selftest`; here they get the diagnostics of a fit that converged.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from costmodel.evidence import Evidence
from costmodel.model.fit import Posterior
from costmodel.model.joint import BUILDERS
from costmodel.model.priors import default_priors
from costmodel.selftest import CHAINS, COUNTRIES, DRAWS, hand_draws, hand_scenario

__all__ = ["CHAINS", "COUNTRIES", "DRAWS", "N_DRAWS", "hand_draws", "hand_posterior", "hand_scenario"]

N_DRAWS = CHAINS * DRAWS


def hand_posterior(evidence: Evidence, *, converged: bool = True) -> Posterior:
    """Made-up draws as a fit, with diagnostics that pass the gate or fail it."""
    row = {
        "parameters": 10,
        "rhat_max": 1.001 if converged else 1.2,
        "ess_bulk_min": 900.0,
        "ess_tail_min": 800.0,
        "divergences": 0 if converged else 3,
        "non_finite": 0,
        "draws": N_DRAWS,
        "worst": "" if converged else "tau",
        "unusable": "",
        "converged": converged,
        "seconds": 1.0,
    }
    return Posterior(
        draws=hand_draws(evidence),
        trees={},
        diagnostics=pd.DataFrame([{"submodel": name, **row} for name in BUILDERS]),
        priors=default_priors(evidence),
        keys={name: "0" * 24 for name in BUILDERS},
    )


def only(posterior: Posterior, **changes: object) -> Posterior:
    """The same posterior with some variables set to one value in every draw."""
    draws = posterior.draws.copy(deep=True)
    for name, value in changes.items():
        draws[name] = draws[name].copy(data=np.full(draws[name].shape, value))
    return dataclasses.replace(posterior, draws=draws)
