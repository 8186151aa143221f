"""Parameters of the cost of a victim: by component, and how it is carried to a country and to the unregistered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from costmodel import unit_costs
from costmodel.appraisal import Appraisal
from costmodel.draws import flat
from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import COMPONENTS, TANGIBLE
from costmodel.parameters.origins import (
    COST,
    HIDDEN,
    QALYS,
    TRANSFER,
    VALUE,
    Array,
    Parameter,
    alone,
    priors,
    studies,
)

COMPONENT_WORDS = {
    "coordination": "coordination and prevention",
    "law": "law enforcement and justice",
    "services": "specialised services",
    "health": "health and social protection",
    "output": "lost output",
}
UPTAKE_WORDS = {"law": "law enforcement", "services": "specialised services", "health": "health care"}
GDP_MULTIPLE = "GDP per capita"


def of_costs(total: Appraisal, evidence: Evidence, draws: xr.Dataset) -> Iterator[Parameter]:
    """Lifetime cost of a registered victim by component, at the mean mix of forms and sexes of the run.

    Args:
        total: What was simulated: the mix of forms and sexes.
        evidence: Studies of cost.
        draws: Posterior draws, dims (chain, draw, ...).

    Yields:
        Parameters, undiscounted [GDP per capita; QALYs of quality of life].
    """
    cost = _by_component(total, draws)
    shared = priors("log_total_maltreatment", "log_severity_trafficking", "delta_child")
    for k, component in enumerate(TANGIBLE):
        label = f"Lifetime cost of a registered victim: {COMPONENT_WORDS[component]}"
        found = studies(evidence, module="unit_cost", component=component)
        rests_on = (*found, *priors(f"log_weight_{component}"), *shared)
        yield Parameter(f"cost_{component}", COST, label, GDP_MULTIPLE, "unit_cost", cost[:, k], rests_on)
    label = "Years over which services are used"
    yield alone("years_services", group=COST, label=label, unit="years", submodel="unit_cost", draws=draws)
    found = studies(evidence, module="unit_cost", component="quality")
    own = priors("log_qalys_maltreatment", "log_severity_trafficking", "log_quality_child_ratio")
    lost, label = cost[:, COMPONENTS.index("quality")], "QALYs lost by a registered victim"
    yield Parameter("qalys_lost", QALYS, label, "QALY", "unit_cost", lost, (*found, *own))
    label = "Years over which quality of life is lost"
    yield alone("years_quality", group=QALYS, label=label, unit="years", submodel="unit_cost", draws=draws)


def _by_component(total: Appraisal, draws: xr.Dataset) -> Array:
    """Cost of a registered victim where studies were made, dims (draw, component)."""
    mix = np.sum([v.mean(axis=0) for (_, told), v in total.groups.items() if told == "new_victims"], axis=0)
    share = mix.sum(axis=1) / mix.sum()
    log_cost = draws["log_unit_cost"].transpose("chain", "draw", "component", "form", "sex")
    by_group = np.exp(log_cost.to_numpy().reshape(-1, len(COMPONENTS), *share.shape))
    cost: Array = np.tensordot(by_group, share, axes=2)
    return cost


def of_transfer(weight: Mapping[str, float], evidence: Evidence, draws: xr.Dataset) -> Iterator[Parameter]:
    """What carries a unit cost to a country, and to the victims whom nobody registered.

    Args:
        weight: Weight of each country [share].
        evidence: Country facts.
        draws: Posterior draws, dims (chain, draw, ...).

    Yields:
        Parameters, means over the countries of the run.
    """
    value = {
        name: unit_costs.country_value_of_qaly(draws, country=name, evidence=evidence) for name in weight
    }
    rests_on = priors("value_of_qaly_reference", "elasticity_value_high", "elasticity_value_low")
    pooled = _pooled(value, weight)
    yield Parameter("value_of_qaly", VALUE, "Value of a QALY", GDP_MULTIPLE, "unit_cost", pooled, rests_on)
    harm, label = (
        np.exp(flat(draws, "log_severity_undetected")),
        "Harm to victims nobody registered, against registered ones",
    )
    rests_on = priors("log_severity_undetected")
    yield Parameter("severity_undetected", HIDDEN, label, "ratio", "unit_cost", harm, rests_on)
    for name, words in UPTAKE_WORDS.items():
        label = f"Use of {words} by victims nobody registered, against registered ones"
        about = {"group": HIDDEN, "label": label, "unit": "share", "submodel": "unit_cost"}
        yield alone(f"uptake_{name}", **about, draws=draws)
    yield from _carried(weight, draws)


def _carried(weight: Mapping[str, float], draws: xr.Dataset) -> Iterator[Parameter]:
    """Error of the transfer, breadth of the definition, and how the cost of services follows income."""
    error = {name: np.exp(flat(draws, "log_transfer_error", country=name)) for name in weight}
    label, rests_on = "Cost of a victim here, over what studies elsewhere say", priors("log_transfer_error")
    pooled = _pooled(error, weight)
    yield Parameter("transfer_error", TRANSFER, label, "ratio", "unit_cost", pooled, rests_on)
    milder = flat(draws, "definition_severity")
    narrow = {name: np.exp(-milder * flat(draws, "log_definition", country=name)) for name in weight}
    label, rests_on = (
        "Cost of a victim for the breadth of the national definition",
        priors("definition_severity", "definition_share"),
    )
    pooled = _pooled(narrow, weight)
    yield Parameter("definition", TRANSFER, label, "ratio", "prevalence", pooled, rests_on)
    label = "Income elasticity of the cost of services"
    about = {"group": TRANSFER, "label": label, "unit": "elasticity", "submodel": "unit_cost"}
    yield alone("elasticity_services", **about, draws=draws)


def _pooled(by_country: Mapping[str, Array], weight: Mapping[str, float]) -> Array:
    """Weighted mean over countries, dims (draw,)."""
    return np.asarray(sum(weight[name] * values for name, values in by_country.items()), dtype=float)
