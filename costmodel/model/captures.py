"""Overlapping lists inside the joint model: their counts in place of a published estimate (MODEL.md eq. 49)."""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from costmodel.evidence.lists import CaptureTable
from costmodel.hidden.bayes_loglinear import list_means, observe_lists
from costmodel.model.priors import Priors, variable


def observe_total(table: CaptureTable, *, log_total: Any, error: Any, priors: Priors, name: str) -> None:
    """Counts of overlapping lists, whose total scatters about that of the model (MODEL.md eq. 49).

    Call inside a PyMC model.

    Args:
        table: Overlapping lists.
        log_total: Log of the persons whom such lists stand for, on any list or on none, their bias included.
        error: Standard deviation of the log by which such totals miss it beyond their own intervals.
        priors: Prior records with `list_effect`, `list_difference` and `list_interaction`.
        name: Name of the estimate; of the observed variable too.
    """
    # Both stand inside other distributions, and stay normal (`evidence.priors.NORMAL_ONLY`).
    difference, interaction = priors["list_difference"], priors["list_interaction"]
    log_listed = np.log(table.n_listed)
    # There are at least as many as were listed: that this is so is evidence on the total, then the total is above.
    enough = pm.math.exp(pm.logcdf(pm.Normal.dist(-log_total, error), -log_listed))
    pm.Bernoulli(f"{name}_at_least", enough, observed=1)
    total = pm.Truncated(f"{name}_log_total", pm.Normal.dist(log_total, error), lower=log_listed)
    log_missing = total + pt.log1mexp(log_listed - total)
    effect = variable(priors, "list_effect", label=f"{name}_effect")
    log_mean = list_means(
        table,
        log_missing,
        name=name,
        effect=(effect + difference.p1, difference.p2),
        interaction=(interaction.p1, interaction.p2),
    )
    observe_lists(table, log_mean, name=name)
