"""Unit cost of a victim by component and group, in multiples of GDP per capita (MODEL.md section 2)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence import harmonise
from costmodel.evidence.harmonise import COMPONENTS, FORMS, GROUPS, TANGIBLE, UnitCostData
from costmodel.evidence.register import Evidence
from costmodel.model.priors import Priors, variable, zero_sum

Array = NDArray[np.float64]

#: Degrees of freedom of the study likelihood: heavy tails for a discordant study, never for a cost.
STUDENT_DF = 5
#: Scale of a Student t with `STUDENT_DF` degrees of freedom and standard deviation 1.
UNIT_SCALE = float(np.sqrt((STUDENT_DF - 2) / STUDENT_DF))
VALUES_OF_QALY = ("value_of_qaly_unknown", "value_of_qaly_au", "value_of_qaly_us", "value_of_qaly_uk")
SEX = np.array([{"female": 0.5, "male": -0.5}[sex] for _, sex, _ in GROUPS])
ADULT = np.array([float(age == "adult") for _, _, age in GROUPS])
FORM = np.array([[float(form == name) for name in FORMS] for form, _, _ in GROUPS])


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


def uptake(priors: Priors, registered: Array) -> Any:
    """Use of each tangible component against a registered victim, dims (row, component) (MODEL.md eq. 7)."""
    law, services, health = (variable(priors, f"uptake_{name}") for name in ("law", "services", "health"))
    undetected = {
        "coordination": law,
        "law": law,
        "services": services,
        "health": health,
        "output": pt.ones(()),
    }
    hidden = pt.stack([undetected[component] for component in TANGIBLE])
    return registered[:, None] + (1 - registered[:, None]) * hidden[None, :]


def tangible_sums(data: UnitCostData, terms: Mapping[str, Any]) -> Any:
    """Tangible cost inside each figure, in GDP per capita, before severity class, dims (row,) (MODEL.md eq. 2)."""
    by_group = pt.exp(terms["tangible_offset"])
    at_exit, output = pt.dot(data.mix, by_group), pt.dot(data.mix * data.output_factor, by_group)
    later = at_exit * discount(data.net_rate, terms["years_services"])
    harm = terms["harm"]
    reach = {
        "coordination": at_exit,
        "law": at_exit,
        "services": later,
        "health": later * harm,
        "output": output * harm,
    }
    per_victim = pt.stack([reach[component] for component in TANGIBLE], axis=1) * terms["component"][None, :]
    money = pt.sum(data.mask[:, : len(TANGIBLE)] * terms["uptake"] * per_victim, axis=1)
    return money * (1 + data.transfers * pt.exp(terms["log_transfer_ratio"]))


def qaly_values(names: Sequence[str], terms: Mapping[str, Any]) -> Any:
    """Value of a QALY of each study by the name of its prior, 0 where the figure holds none, dims (row,)."""
    for name in names:
        if name and name not in VALUES_OF_QALY:
            hint = suggestion(name, VALUES_OF_QALY)
            raise EvidenceError(
                f"anchors.csv: qaly_value {name!r} is not one of {', '.join(VALUES_OF_QALY)}{hint}"
            )
    named = np.array([[float(name == value) for value in VALUES_OF_QALY] for name in names])
    return pt.dot(named, pt.stack([terms[name] for name in VALUES_OF_QALY]))


def quality_sums(data: UnitCostData, terms: Mapping[str, Any]) -> Any:
    """Monetised quality of life inside each figure, in GDP per capita, before class, dims (row,) (MODEL.md eq. 3)."""
    lost = terms["qalys"] * pt.dot(data.mix, pt.exp(terms["quality_offset"])) * terms["harm"]
    inside = data.mask[:, COMPONENTS.index("quality")]
    value = qaly_values(data.value_of_qaly, terms)
    return inside * lost * value * discount(data.net_rate, terms["years_quality"])


def _terms(data: UnitCostData, priors: Priors) -> dict[str, Any]:
    tangible_offset, quality_offset = group_offsets(priors)
    weights = pt.stack([variable(priors, f"log_weight_{component}") for component in TANGIBLE])
    plain = ("years_services", "years_quality", "log_transfer_ratio", *VALUES_OF_QALY)
    return {
        "tangible_offset": tangible_offset,
        "quality_offset": quality_offset,
        "component": pt.exp(variable(priors, "log_total_maltreatment") + weights - pt.logsumexp(weights)),
        "qalys": pt.exp(variable(priors, "log_qalys_maltreatment")),
        "uptake": uptake(priors, data.registered),
        "harm": data.registered + (1 - data.registered) * pt.exp(variable(priors, "log_severity_undetected")),
        **{name: variable(priors, name) for name in plain},
    }


def _contrast(evidence: Evidence, terms: Mapping[str, Any]) -> None:
    """Observe the female/male ratio of the EU study, all components, on its own terms (MODEL.md eq. 8)."""
    contrast = harmonise.female_male_contrast(evidence)
    rate = np.array([contrast.net_rate])
    later = discount(rate, terms["years_services"])[0]
    timing = {"services": later, "health": later, "output": contrast.output_factor}
    ones = np.ones(len(GROUPS))
    value = terms[contrast.value_of_qaly] * discount(rate, terms["years_quality"])[0]
    side = []
    for mix in (contrast.numerator, contrast.denominator):
        by_group = mix * pt.exp(terms["tangible_offset"])
        parts = [
            terms["component"][k] * pt.sum(by_group * ones * timing.get(component, 1.0))
            for k, component in enumerate(TANGIBLE)
        ]
        quality = terms["qalys"] * value * pt.sum(mix * pt.exp(terms["quality_offset"]))
        side.append(pt.log(pt.sum(pt.stack(parts)) + quality))
    pm.Normal(contrast.id, side[0] - side[1], contrast.sd, observed=contrast.log_ratio)


def _ratio(evidence: Evidence, data: UnitCostData, terms: Mapping[str, Any], community_share: Any) -> None:
    """Observe the US intangible/tangible ratio through QALYs lost by the victim (MODEL.md eq. 9)."""
    row = harmonise.intangible_ratio(evidence)
    base = data.ids.index("us_cm_2012_all")
    rate = np.array([row["discount_rate"] - row["value_growth"]])
    lost = terms["qalys"] * pt.sum(data.mix[base] * pt.exp(terms["quality_offset"]))
    victim = lost * terms[row["qaly_value"]] * discount(rate, terms["years_quality"])[0]
    ratio = pt.log(victim) - pt.log(tangible_sums(data, terms)[base]) - pt.log1p(-community_share)
    pm.Normal(str(row.name), ratio, row["own_sd"], observed=np.log(row["value"]))


def build_unit_cost(evidence: Evidence, priors: Priors) -> pm.Model:
    """Unit-cost sub-model: study levels and two within-study contrasts (MODEL.md eq. 1-9).

    Args:
        evidence: Anchors with roles `train` (observed) and `holdout` (predicted only).
        priors: Prior records by name.

    Returns:
        Model whose deterministics are `log_unit_cost` (component, form, sex) of a registered child victim of
        trafficking, undiscounted [log GDP per capita; log QALY for quality], and `prediction` (anchor) [log
        GDP per capita].
    """
    data = harmonise.unit_cost_data(evidence)
    clusters = sorted({name for name, train in zip(data.cluster, data.train, strict=True) if train})
    coords = {
        "form": FORMS,
        "sex": ["female", "male"],
        "component": COMPONENTS,
        "anchor": data.ids,
        "cluster": clusters,
    }
    with pm.Model(coords=coords) as model:
        terms = _terms(data, priors)
        severity = log_severity(priors)
        community_share = variable(priors, "community_share")
        spread = variable(priors, "between_study_sd")
        deviation = spread * pm.Normal("cluster_deviation", 0, 1, dims="cluster")
        classes = pt.stack([severity[name] for name in data.severity])
        level = pt.log(tangible_sums(data, terms) + quality_sums(data, terms)) + classes
        levels = pm.Deterministic("prediction", level, dims="anchor")
        for row in np.flatnonzero(data.train):
            mean = levels[row] + deviation[clusters.index(data.cluster[row])]
            scale = UNIT_SCALE * data.own_sd[row]
            pm.StudentT(data.ids[row], nu=STUDENT_DF, mu=mean, sigma=scale, observed=data.log_multiple[row])
        _contrast(evidence, terms)
        _ratio(evidence, data, terms, community_share)
        child = [g for g, (form, _, age) in enumerate(GROUPS) if form != "any" and age == "child"]
        tangible = pt.log(terms["component"])[:, None] + terms["tangible_offset"][child][None, :]
        quality = pt.log(terms["qalys"]) + terms["quality_offset"][child][None, :]
        table = pt.concatenate([tangible, quality], axis=0) + severity["trafficking"]
        shape = (len(COMPONENTS), len(FORMS), 2)
        pm.Deterministic("log_unit_cost", table.reshape(shape), dims=("component", "form", "sex"))
    return model
