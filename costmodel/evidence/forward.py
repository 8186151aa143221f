"""What a study of given scope would find, from draws of the parameters alone: no sampler, no graph.

The same equations as the unit-cost model, written a second time in numpy: the ledger steps through them, and a
test holds the two against each other.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from costmodel import lifetime
from costmodel.evidence import elicited, harmonise
from costmodel.evidence.harmonise import COMPONENTS, FORMS, TANGIBLE
from costmodel.evidence.register import Evidence
from costmodel.evidence.scope import ADULT, FORM, SEX, Scope

Array = NDArray[np.float64]
Parameters = Mapping[str, Array]

#: Deviations by form of exploitation, which sum to zero.
BY_FORM = ("delta_form", "delta_form_quality")
#: The prior that stands for the use of each component by undetected victims; lost output has none.
UPTAKE = {
    "coordination": "uptake_law",
    "law": "uptake_law",
    "services": "uptake_services",
    "health": "uptake_health",
}


def prior_parameters(evidence: Evidence, *, n_draws: int, seed: int) -> dict[str, Array]:
    """Draws of every parameter of the unit-cost model from its prior, and of detection.

    Args:
        evidence: Priors and constants.
        n_draws: Draws.
        seed: The seed; each parameter is keyed by its name.

    Returns:
        By name, dims (draw,), or (draw, form) for deviations by form; `detection` is the share of child victims
        registered at average capacity.
    """
    found = elicited.draw_module(evidence, "unit_cost", n_draws=n_draws, seed=seed)
    for name in BY_FORM:
        prior = evidence.priors.loc[name]
        found[name] = elicited.draw_zero_sum(prior, name, size=len(FORMS), n_draws=n_draws, seed=seed)
    detection = elicited.draw_module(evidence, "prevalence", n_draws=n_draws, seed=seed)
    log_share = detection["log_detection_mean"] + detection["log_detection_child"]
    cap = harmonise.constant(evidence, "detection_cap")
    found["detection"] = np.minimum(np.exp(log_share), cap)
    return found


def _log_severity(names: tuple[str, ...], p: Parameters) -> Array:
    """Log severity of each class of victim against average maltreatment, dims (draw, row)."""
    trafficking = p["log_severity_trafficking"]
    classes = {
        "maltreatment": np.zeros_like(trafficking),
        "csa": p["log_severity_csa"],
        "cse": trafficking + p["log_severity_cse"],
        "trafficking": trafficking,
    }
    return np.stack([classes[name] for name in names], axis=-1)


def _values_of_qaly(names: tuple[str, ...], p: Parameters) -> Array:
    """Value of a QALY of each figure in GDP per capita, 0 where it holds none, dims (draw, row)."""
    n_draws = len(p["log_qalys_maltreatment"])
    values = [p[name] if name in p else np.full(n_draws, float(name or 0)) for name in names]
    return np.stack(values, axis=-1)


def log_cost(scope: Scope, p: Parameters) -> Array:
    """Log of the cost of figures of given scope (MODEL.md section 2).

    Args:
        scope: What was costed; `registered` may also have dims (draw, row).
        p: Draws by name, as `prior_parameters` or a posterior has them.

    Returns:
        Dims (draw, row) [log GDP per capita].
    """
    weights = np.exp(np.stack([p[f"log_weight_{name}"] for name in TANGIBLE], axis=-1))
    total = np.exp(p["log_total_maltreatment"])
    component = total[:, None] * weights / weights.sum(axis=-1, keepdims=True)
    by_group = np.exp(
        p["delta_form"] @ FORM.T + np.outer(p["delta_sex"], SEX) - np.outer(p["delta_child"], ADULT)
    )
    by_group_quality = np.exp(
        p["delta_form_quality"] @ FORM.T
        + np.outer(p["delta_sex_quality"], SEX)
        - np.outer(p["log_quality_child_ratio"], ADULT)
    )
    registered = np.atleast_2d(scope.registered)
    severity = registered + (1 - registered) * np.exp(p["log_severity_undetected"])[:, None]
    at_exit, output = by_group @ scope.mix.T, by_group @ (scope.mix * scope.output_factor).T
    later = at_exit * lifetime.average_discount(scope.net_rate, p["years_services"][:, None])
    reach = {
        "coordination": at_exit,
        "law": at_exit,
        "services": later,
        "health": later * severity,
        "output": output * severity,
    }
    money = np.zeros_like(at_exit)
    for k, name in enumerate(TANGIBLE):
        hidden = p[UPTAKE[name]][:, None] if name in UPTAKE else 1.0
        used = registered + (1 - registered) * hidden
        money += scope.mask[:, k] * component[:, k, None] * reach[name] * used
    money *= 1 + scope.transfers * np.exp(p["log_transfer_ratio"])[:, None]
    qalys = np.exp(p["log_qalys_maltreatment"])[:, None] * (by_group_quality @ scope.mix.T) * severity
    inside = scope.mask[:, COMPONENTS.index("quality")] / (
        1 - scope.community * p["community_share"][:, None]
    )
    timing = lifetime.average_discount(scope.net_rate, p["years_quality"][:, None])
    quality = inside * qalys * _values_of_qaly(scope.value_of_qaly, p) * timing
    result: Array = np.log(money + quality) + _log_severity(scope.severity, p)
    return result
