"""Evaluate a PyMC model at one point, without sampling: for slow twins of its equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm


def point(model: pm.Model, *, seed: int = 1, spread: float = 0.3) -> dict[str, np.ndarray]:
    """A point near the start of the sampler: values of the unconstrained variables."""
    rng = np.random.default_rng(seed)
    return {
        name: np.asarray(value + spread * rng.normal(size=np.shape(value)))
        for name, value in model.initial_point().items()
    }


def evaluate(model: pm.Model, at: dict[str, np.ndarray], *outputs: Any) -> dict[str, Any]:
    """Free variables, deterministics and further outputs (by name) at a point."""
    named = [*model.free_RVs, *model.deterministics, *outputs]
    values = model.replace_rvs_by_values(named)
    function = model.compile_fn(
        values,
        inputs=model.value_vars,
        point_fn=True,
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    found = function(at)
    # A scalar as a float: += on an array of no dimensions would change it for every later test.
    return {
        var.name: np.asarray(value) if np.ndim(value) else float(value)
        for var, value in zip(named, found, strict=True)
    }


def log_likelihood(model: pm.Model, at: dict[str, np.ndarray], *names: str) -> dict[str, float]:
    """Log likelihood of observed variables at a point, each summed over its own elements."""
    terms = model.logp(vars=[model[name] for name in names], sum=False)
    function = model.compile_fn(terms, inputs=model.value_vars, mode="FAST_COMPILE", on_unused_input="ignore")
    return {name: float(np.sum(value)) for name, value in zip(names, function(at), strict=True)}
