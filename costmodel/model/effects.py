"""Effects of programmes: from a study to a prior on child trafficking (MODEL.md section 5)."""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from costmodel.evidence.register import Evidence
from costmodel.model.priors import Priors, variable

TRIAL = "trial"


def shrinkage(priors: Priors, name: str, means: Any) -> Any:
    """Study-specific shrinkage (kappa or rho): Beta about its elicited mean, dims (programme,) [share]."""
    weight = priors[f"{name}_weight"].p1
    return pm.Beta(name, means * weight, (1 - means) * weight, dims="trial")


def build_effects(evidence: Evidence, priors: Priors) -> pm.Model:
    """Effects sub-model (MODEL.md eq. 18-19).

    A programme with a trial: log RR = kappa rho theta + transfer error, where theta is the effect the trial
    measured on its own outcome. A programme without one has its elicited prior and no data.

    Returns:
        Model with `log_rr` (programme): log relative risk among reached children [log].
    """
    table = evidence.effects
    trial = table[table["basis"] == TRIAL]
    elicited = table[table["basis"] != TRIAL]
    coords = {"programme": list(table.index), "trial": list(trial.index), "elicited": list(elicited.index)}
    with pm.Model(coords=coords) as model:
        theta = variable(priors, "log_rr_trial", dims="trial")
        for i, name in enumerate(trial.index):
            pm.Normal(
                f"trial_{name}", theta[i], trial.at[name, "se_study"], observed=trial.at[name, "log_rr_study"]
            )
        kappa = shrinkage(priors, "kappa", trial["kappa"].to_numpy())
        rho = shrinkage(priors, "rho", trial["rho"].to_numpy())
        noise = pm.Normal("transfer_noise", 0, 1, dims="trial")
        transferred = kappa * rho * theta + trial["transfer_sd"].to_numpy() * noise
        given = pm.Normal(
            "log_rr_elicited",
            elicited["prior_log_rr_mean"].to_numpy(),
            elicited["prior_log_rr_sd"].to_numpy(),
            dims="elicited",
        )
        joined = pt.concatenate([transferred, given])
        order = np.argsort(
            [*np.flatnonzero(table["basis"] == TRIAL), *np.flatnonzero(table["basis"] != TRIAL)]
        )
        pm.Deterministic("log_rr", joined[order], dims="programme")
    return model
