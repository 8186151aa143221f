"""Priors as random variables of a model, and as draws where no data inform them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pymc as pm
from numpy.typing import NDArray

from costmodel.evidence import elicited
from costmodel.evidence.priors import Prior, Priors, default_priors

__all__ = ["Prior", "Priors", "default_priors", "draw", "variable", "zero_sum"]

_VARIABLES: dict[str, Callable[..., Any]] = {
    "normal": lambda prior, label, **k: pm.Normal(label, prior.p1, prior.p2, **k),
    "halfnormal": lambda prior, label, **k: pm.HalfNormal(label, prior.p1, **k),
    "lognormal": lambda prior, label, **k: pm.LogNormal(label, prior.p1, prior.p2, **k),
    "truncatednormal": lambda prior, label, **k: pm.TruncatedNormal(
        label, prior.p1, prior.p2, lower=prior.lower, **k
    ),
    "beta": lambda prior, label, **k: pm.Beta(label, prior.p1, prior.p2, **k),
    "gamma": lambda prior, label, **k: pm.Gamma(label, prior.p1, prior.p2, **k),
    "uniform": lambda prior, label, **k: pm.Uniform(label, prior.p1, prior.p2, **k),
}


def variable(priors: Priors, name: str, *, dims: str | Sequence[str] | None = None, label: str = "") -> Any:
    """The prior as a free random variable of the model in whose context this is called.

    Args:
        priors: Prior records by name.
        name: Name of the prior.
        dims: Dims of the variable.
        label: Name of the variable, where one prior is that of several; the prior's if not given.
    """
    prior = priors[name]
    return _VARIABLES[prior.family](prior, label or name, dims=dims)


def zero_sum(priors: Priors, name: str, *, dims: str) -> Any:
    """Deviations that sum to zero over `dims`, each with the prior's standard deviation."""
    return pm.ZeroSumNormal(name, sigma=priors[name].p2, dims=dims)


def draw(priors: Priors, name: str, *, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Draws of a prior that no data inform, keyed by its name, dims (draw,)."""
    return elicited.draw(priors[name], name, n_draws=n_draws, seed=seed)
