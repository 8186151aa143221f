"""Priors as data: every prior is a row of `priors.csv` with its reason; here rows become distributions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
from numpy.typing import NDArray

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence import elicited
from costmodel.evidence.register import Evidence


@dataclass(frozen=True)
class Prior:
    """One prior (symbols: priors.csv).

    Attributes:
        name: The symbol it belongs to.
        module: Sub-model.
        family: normal | halfnormal | lognormal | truncatednormal (lower bound) | beta | gamma | uniform |
            weight.
        p1: First parameter of the family as PyMC has it (mean, scale, alpha, lower).
        p2: Second parameter, NaN where the family has one.
        lower: Lower bound of a truncated family, NaN without one.
        reason: Why these numbers.
        source: Key in sources.bib, or "assumption".
        status: verified | second-hand | derived | elicited.
    """

    name: str
    module: str
    family: str
    p1: float
    p2: float
    lower: float
    reason: str
    source: str
    status: str


Priors = Mapping[str, Prior]

_VARIABLES: dict[str, Callable[..., Any]] = {
    "normal": lambda prior, **k: pm.Normal(prior.name, prior.p1, prior.p2, **k),
    "halfnormal": lambda prior, **k: pm.HalfNormal(prior.name, prior.p1, **k),
    "lognormal": lambda prior, **k: pm.LogNormal(prior.name, prior.p1, prior.p2, **k),
    "truncatednormal": lambda prior, **k: pm.TruncatedNormal(
        prior.name, prior.p1, prior.p2, lower=prior.lower, **k
    ),
    "beta": lambda prior, **k: pm.Beta(prior.name, prior.p1, prior.p2, **k),
    "gamma": lambda prior, **k: pm.Gamma(prior.name, prior.p1, prior.p2, **k),
    "uniform": lambda prior, **k: pm.Uniform(prior.name, prior.p1, prior.p2, **k),
}


def default_priors(evidence: Evidence) -> dict[str, Prior]:
    """The default set, by name, from `priors.csv`.

    Raises:
        EvidenceError: If a row names an unknown family.
    """
    priors = {}
    for name, row in evidence.priors.iterrows():
        if row["family"] not in (*_VARIABLES, "weight"):
            known = suggestion(row["family"], _VARIABLES)
            raise EvidenceError(f"priors.csv, row {name}: unknown family {row['family']!r}{known}")
        priors[str(name)] = Prior(
            name=str(name),
            module=row["module"],
            family=row["family"],
            p1=float(row["p1"]),
            p2=float(row["p2"]),
            lower=float(row["lower"]),
            reason=row["reason"],
            source=row["source"],
            status=row["status"],
        )
    return priors


def variable(priors: Priors, name: str, *, dims: str | Sequence[str] | None = None) -> Any:
    """The prior as a free random variable of the model in whose context this is called."""
    prior = priors[name]
    return _VARIABLES[prior.family](prior, dims=dims)


def zero_sum(priors: Priors, name: str, *, dims: str) -> Any:
    """Deviations that sum to zero over `dims`, each with the prior's standard deviation."""
    return pm.ZeroSumNormal(name, sigma=priors[name].p2, dims=dims)


def draw(priors: Priors, name: str, *, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Draws of a prior that no data inform, keyed by its name, dims (draw,)."""
    return elicited.draw(priors[name], name, n_draws=n_draws, seed=seed)
