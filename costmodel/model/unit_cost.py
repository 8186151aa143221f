"""Unit cost of a victim by component and group, in multiples of GDP per capita (MODEL.md section 2)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence.harmonise import COMPONENTS, FORMS, GROUPS, TANGIBLE
from costmodel.evidence.register import Evidence
from costmodel.evidence.rows.costs import NUMBER, QALY_VALUES
from costmodel.evidence.scope import ADULT, FORM, SEX, RatioData, Scope, ratio_data, unit_cost_data
from costmodel.model.priors import Priors, variable, zero_sum

Array = NDArray[np.float64]

#: Degrees of freedom of the study likelihood: heavy tails for a discordant study, never for a cost.
STUDENT_DF = 5
#: Scale of a Student t with `STUDENT_DF` degrees of freedom and standard deviation 1.
UNIT_SCALE = float(np.sqrt((STUDENT_DF - 2) / STUDENT_DF))


def discount(rate: Array, years: Any) -> Any:
    """Average discount factor of a constant flow at each net rate, dims (row,) (MODEL.md eq. 4)."""
    still = np.abs(rate) < np.finfo(float).eps
    safe = np.where(still, 1.0, rate)
    return pt.where(still, 1.0, -pt.expm1(-safe * years) / (safe * years))


def group_offsets(priors: Priors) -> tuple[Any, Any]:
    """Log deviations of tangible cost and of QALYs lost by group, dims (group,) (MODEL.md eq. 2-3)."""
    tangible = (
        pt.dot(FORM, zero_sum(priors, "delta_form", dims="form"))
        + variable(priors, "delta_sex") * SEX
        - variable(priors, "delta_child") * ADULT
    )
    quality = (
        pt.dot(FORM, zero_sum(priors, "delta_form_quality", dims="form"))
        + variable(priors, "delta_sex_quality") * SEX
        - variable(priors, "log_quality_child_ratio") * ADULT
    )
    return tangible, quality


def log_severity(priors: Priors) -> dict[str, Any]:
    """Log severity of each class of victim against average maltreatment, by class."""
    trafficking = variable(priors, "log_severity_trafficking")
    return {
        "maltreatment": pt.zeros(()),
        "csa": variable(priors, "log_severity_csa"),
        "cse": trafficking + variable(priors, "log_severity_cse"),
        "trafficking": trafficking,
    }


def uptake(registered: Array, terms: Mapping[str, Any]) -> Any:
    """Use of each tangible component against a registered victim, dims (row, component) (MODEL.md eq. 7)."""
    return registered[:, None] + (1 - registered[:, None]) * terms["uptake_hidden"][None, :]


def harm(registered: Array, terms: Mapping[str, Any]) -> Any:
    """Severity of the costed victims against registered ones, dims (row,) (MODEL.md section 2)."""
    return registered + (1 - registered) * pt.exp(terms["log_severity_undetected"])


def tangible_sums(data: Scope, terms: Mapping[str, Any]) -> Any:
    """Tangible cost inside each figure, in GDP per capita, before severity class, dims (row,) (MODEL.md eq. 2)."""
    by_group = pt.exp(terms["tangible_offset"])
    at_exit, output = pt.dot(data.mix, by_group), pt.dot(data.mix * data.output_factor, by_group)
    later = at_exit * discount(data.net_rate, terms["years_services"])
    severity = harm(data.registered, terms)
    reach = {
        "coordination": at_exit,
        "law": at_exit,
        "services": later,
        "health": later * severity,
        "output": output * severity,
    }
    per_victim = pt.stack([reach[component] for component in TANGIBLE], axis=1) * terms["component"][None, :]
    money = pt.sum(data.mask[:, : len(TANGIBLE)] * uptake(data.registered, terms) * per_victim, axis=1)
    return money * (1 + data.transfers * pt.exp(terms["log_transfer_ratio"]))


def qaly_values(names: Sequence[str], terms: Mapping[str, Any]) -> Any:
    """Value of a QALY of each study: its prior or its number, 0 where the figure holds none, dims (row,)."""
    values: list[Any] = []
    for name in names:
        if name in QALY_VALUES:
            values.append(terms[name])
        elif name and not re.fullmatch(NUMBER, name):
            hint = suggestion(name, QALY_VALUES)
            raise EvidenceError(
                f"anchors.csv: qaly_value {name!r} is neither a number nor one of {', '.join(QALY_VALUES)}{hint}"
            )
        else:
            values.append(pt.as_tensor_variable(float(name or 0)))
    return pt.stack(values)


def quality_sums(data: Scope, terms: Mapping[str, Any]) -> Any:
    """Monetised quality of life inside each figure, in GDP per capita, before class, dims (row,) (MODEL.md eq. 3).

    Where it holds harm to others than the victim it is larger by the share of the community (eq. 9).
    """
    lost = terms["qalys"] * pt.dot(data.mix, pt.exp(terms["quality_offset"])) * harm(data.registered, terms)
    inside = data.mask[:, COMPONENTS.index("quality")] * (1 - data.community * terms["community_share"]) ** -1
    value = qaly_values(data.value_of_qaly, terms)
    return inside * lost * value * discount(data.net_rate, terms["years_quality"])


def log_cost(data: Scope, terms: Mapping[str, Any]) -> Any:
    """Log of the cost inside each figure, in GDP per capita, before class, dims (row,) (MODEL.md section 2)."""
    return pt.log(tangible_sums(data, terms) + quality_sums(data, terms))


def _terms(priors: Priors) -> dict[str, Any]:
    tangible_offset, quality_offset = group_offsets(priors)
    weights = pt.stack([variable(priors, f"log_weight_{component}") for component in TANGIBLE])
    law, services, health = (variable(priors, f"uptake_{name}") for name in ("law", "services", "health"))
    hidden = {"coordination": law, "law": law, "services": services, "health": health, "output": pt.ones(())}
    plain = ("years_services", "years_quality", "log_transfer_ratio", "log_severity_undetected")
    return {
        "tangible_offset": tangible_offset,
        "quality_offset": quality_offset,
        "component": pt.exp(variable(priors, "log_total_maltreatment") + weights - pt.logsumexp(weights)),
        "qalys": pt.exp(variable(priors, "log_qalys_maltreatment")),
        "uptake_hidden": pt.stack([hidden[component] for component in TANGIBLE]),
        **{name: variable(priors, name) for name in (*plain, *QALY_VALUES, "community_share")},
    }


def _observe_ratios(data: RatioData, terms: Mapping[str, Any]) -> None:
    """Predict the ratios within a study, both sides on its own terms, and observe those that train (eq. 8-9)."""
    if not data.ids:
        return
    found = log_cost(data.numerator, terms) - log_cost(data.denominator, terms)
    centre = pm.Deterministic("ratio_prediction", found, dims="ratio")
    for row in np.flatnonzero(data.train):
        pm.Normal(data.ids[row], centre[row], data.own_sd[row], observed=data.log_ratio[row])


def build_unit_cost(evidence: Evidence, priors: Priors) -> pm.Model:
    """Unit-cost sub-model: study levels and ratios within studies (MODEL.md eq. 1-9).

    Args:
        evidence: Anchors with roles `train` (observed) and `holdout` (predicted only).
        priors: Prior records by name.

    Returns:
        Model whose deterministics are `log_unit_cost` (component, form, sex) of a registered child victim of
        trafficking, undiscounted [log GDP per capita; log QALY for quality], and `prediction` (anchor) [log
        GDP per capita].
    """
    data, ratios = unit_cost_data(evidence), ratio_data(evidence)
    clusters = sorted({name for name, train in zip(data.cluster, data.train, strict=True) if train})
    coords = {
        "form": FORMS,
        "sex": ["female", "male"],
        "component": COMPONENTS,
        "anchor": data.ids,
        "ratio": ratios.ids,
        "cluster": clusters,
    }
    with pm.Model(coords=coords) as model:
        terms = _terms(priors)
        severity = log_severity(priors)
        spread = variable(priors, "between_study_sd")
        deviation = spread * pm.Normal("cluster_deviation", 0, 1, dims="cluster")
        classes = pt.stack([severity[name] for name in data.severity])
        levels = pm.Deterministic("prediction", log_cost(data, terms) + classes, dims="anchor")
        for row in np.flatnonzero(data.train):
            mean = levels[row] + deviation[clusters.index(data.cluster[row])]
            scale = UNIT_SCALE * data.own_sd[row]
            pm.StudentT(data.ids[row], nu=STUDENT_DF, mu=mean, sigma=scale, observed=data.log_multiple[row])
        _observe_ratios(ratios, terms)
        child = [g for g, (form, _, age) in enumerate(GROUPS) if form != "any" and age == "child"]
        tangible = pt.log(terms["component"])[:, None] + terms["tangible_offset"][child][None, :]
        quality = pt.log(terms["qalys"]) + terms["quality_offset"][child][None, :]
        table = pt.concatenate([tangible, quality], axis=0) + severity["trafficking"]
        shape = (len(COMPONENTS), len(FORMS), 2)
        pm.Deterministic("log_unit_cost", table.reshape(shape), dims=("component", "form", "sex"))
    return model
