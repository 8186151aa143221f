"""Unit cost of a child victim in a country, from the posterior of the studies (MODEL.md eq. 29-31)."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit

from costmodel.draws import flat
from costmodel.evidence import Evidence, harmonise
from costmodel.evidence.harmonise import COMPONENTS, FORMS, TANGIBLE

Array = NDArray[np.float64]

#: Components made of non-traded labour, whose cost follows GDP per capita with an elasticity.
SERVICES = ("coordination", "law", "services", "health")
#: Known to authorities; brought to light by a programme of detection alone; known to nobody. Being found changes which
#: services a victim uses, not how much harm was done.
STATUSES = ("registered", "found", "undetected")
#: Labels of girls and boys, in this order.
SEXES = ("female", "male")
#: Components that follow the severity of the harm.
HARM = ("health", "output", "quality")
#: Uptake parameter of each component for victims whom nobody has registered.
UPTAKE = {
    "coordination": "uptake_law",
    "law": "uptake_law",
    "services": "uptake_services",
    "health": "uptake_health",
}


def value_of_qaly(
    income: float, *, reference: Array, high: Array, low: Array, income_reference: float, income_break: float
) -> Array:
    """Value of a QALY in multiples of the country's own GDP per capita (MODEL.md eq. 30).

    Args:
        income: GDP per capita of the country [international dollars].
        reference: Value at the reference income, dims (draw,) [GDP per capita].
        high: Income elasticity above the break, dims (draw,).
        low: Income elasticity below the break, dims (draw,).
        income_reference: Income at which `reference` holds [international dollars].
        income_break: Income at which the elasticity changes [international dollars].

    Returns:
        Value of a QALY, dims (draw,) [GDP per capita of the country]; without a jump at the break.

    Example:
        >>> one, bounds = np.ones(1), {"income_reference": 50.0, "income_break": 20.0}
        >>> value_of_qaly(10.0, reference=2 * one, high=one, low=one, **bounds).item()
        2.0
    """
    above = np.log(max(income, income_break)) - np.log(income_reference)
    below = np.log(min(income, income_break)) - np.log(income_break)
    multiple: Array = reference * np.exp((high - 1) * above + (low - 1) * below)
    return multiple


def country_value_of_qaly(draws: xr.Dataset, *, country: str, evidence: Evidence) -> Array:
    """Value of a QALY of one country from the draws, dims (draw,) [GDP per capita] (MODEL.md eq. 30)."""
    return value_of_qaly(
        float(evidence.countries.at[country, "gdp_per_capita_ppp"]),
        reference=flat(draws, "value_of_qaly_reference"),
        high=flat(draws, "elasticity_value_high"),
        low=flat(draws, "elasticity_value_low"),
        income_reference=harmonise.constant(evidence, "income_reference"),
        income_break=harmonise.constant(evidence, "income_break"),
    )


def girl_share(draws: xr.Dataset, *, country: str) -> Array:
    """Girls among all victims of each form, registered or not, dims (draw, form) (MODEL.md eq. 15e).

    The registered share, corrected for how much better boys are detected than girls of the same form.

    Args:
        draws: Posterior draws, dims (chain, draw, ...).
        country: ISO3 code.

    Returns:
        Share.
    """
    registered = np.stack(
        [flat(draws, "log_girl_odds", country=country, form=form) for form in FORMS], axis=1
    )
    share: Array = expit(registered + flat(draws, "log_detection_boys")[:, None])
    return share


def national_unit_cost(draws: xr.Dataset, *, country: str, evidence: Evidence, status: str) -> Array:
    """Lifetime cost of one child victim by form and component, timing apart (MODEL.md eq. 29-31).

    Args:
        draws: Posterior draws, dims (chain, draw, ...).
        country: ISO3 code.
        evidence: Country facts.
        status: One of `STATUSES`: uptake is that of the undetected for "undetected", severity for all but "registered".

    Returns:
        Cost, dims (draw, form, component) [multiples of GDP per capita of the
            year, undiscounted, values constant].
    """
    log_cost = draws["log_unit_cost"].transpose("chain", "draw", "form", "sex", "component")
    by_sex = np.exp(log_cost.to_numpy().reshape(-1, len(FORMS), len(SEXES), len(COMPONENTS)))
    girls = girl_share(draws, country=country)
    cost = girls[:, :, None] * by_sex[:, :, 0, :] + (1 - girls[:, :, None]) * by_sex[:, :, 1, :]
    quality = COMPONENTS.index("quality")
    cost[:, :, quality] *= country_value_of_qaly(draws, country=country, evidence=evidence)[:, None]
    income = float(evidence.countries.at[country, "gdp_per_capita_ppp"]) / harmonise.constant(
        evidence, "income_reference"
    )
    elasticity = flat(draws, "elasticity_services")
    for k, component in enumerate(TANGIBLE):
        if component in SERVICES:
            cost[:, :, k] *= (income ** (elasticity - 1))[:, None]
        if status == "undetected" and component in UPTAKE:
            cost[:, :, k] *= flat(draws, UPTAKE[component])[:, None]
    cost[:, :, COMPONENTS.index("output")] *= harmonise.working_life(evidence, country)
    if status != "registered":
        severity = np.exp(flat(draws, "log_severity_undetected"))[:, None]
        for component in HARM:
            cost[:, :, COMPONENTS.index(component)] *= severity
    wide = flat(draws, "log_definition", country=country)
    error = flat(draws, "log_transfer_error", country=country)
    carried = np.exp(error - flat(draws, "definition_severity") * wide)
    national: Array = cost * carried[:, None, None]
    return national
