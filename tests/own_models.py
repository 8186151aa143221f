"""Builders of one's own, in a file as a user has them."""

from __future__ import annotations

import functools
from typing import Any

import pymc as pm

from costmodel.evidence import Evidence
from costmodel.model.priors import Priors

SPREAD = 0.2


def build_doubtful(evidence: Evidence, priors: Priors, spread: float = 0.1) -> pm.Model:
    """Every programme has the same doubtful effect; no trial is read, one row is observed."""
    coords = {"programme": list(evidence.effects.index), "trial": ["none"]}
    with pm.Model(coords=coords) as model:
        effect = pm.Normal("effect", 0, spread + SPREAD)
        pm.Normal("observed", effect, 1, observed=0.0)
        pm.Normal("log_rr", effect, spread, dims="programme")
        pm.Normal("log_rr_trial", 0, 1, dims="trial")
    return model


def build_without_effects(evidence: Evidence, priors: Priors) -> pm.Model:
    """Forgets what the sub-models are joined by, and labels what it has wrongly."""
    with pm.Model(coords={"trial": ["none"]}) as model:
        pm.Normal("log_rr_trial", 0, 1)
    return model


def reader_of(value: Any) -> Any:
    """A builder that reads something from around it."""

    def build(evidence: Evidence, priors: Priors) -> Any:
        return value

    return build


build_wider = functools.partial(build_doubtful, spread=0.5)
