"""Unit cost of a child victim in a country, from the posterior of the studies (MODEL.md eq. 29-31)."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel.evidence import Evidence, harmonise
from costmodel.evidence.harmonise import COMPONENTS, FORMS, TANGIBLE

Array = NDArray[np.float64]

#: Components made of non-traded labour, whose cost follows GDP per capita with an elasticity.
SERVICES = ("coordination", "law", "services", "health")
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


def _flat(draws: xr.Dataset, name: str) -> Array:
    return np.asarray(draws[name].transpose("chain", "draw", ...).to_numpy().reshape(-1), dtype=float)


def country_value_of_qaly(draws: xr.Dataset, *, country: str, evidence: Evidence) -> Array:
    """Value of a QALY of one country from the draws, dims (draw,) [GDP per capita] (MODEL.md eq. 30)."""
    return value_of_qaly(
        float(evidence.countries.at[country, "gdp_per_capita_ppp"]),
        reference=_flat(draws, "value_of_qaly_reference"),
        high=_flat(draws, "elasticity_value_high"),
        low=_flat(draws, "elasticity_value_low"),
        income_reference=harmonise.constant(evidence, "income_reference"),
        income_break=harmonise.constant(evidence, "income_break"),
    )


def national_unit_cost(draws: xr.Dataset, *, country: str, evidence: Evidence, registered: bool) -> Array:
    """Lifetime cost of one child victim by form and component, timing apart (MODEL.md eq. 29-31).

    Args:
        draws: Posterior draws, dims (chain, draw, ...).
        country: ISO3 code.
        evidence: Country facts.
        registered: A victim known to authorities; otherwise uptake and severity of the undetected apply.

    Returns:
        Cost, dims (draw, form, component) [multiples of GDP per capita of the
            year, undiscounted, values constant].
    """
    log_cost = draws["log_unit_cost"].transpose("chain", "draw", "form", "sex", "component")
    by_sex = np.exp(log_cost.to_numpy().reshape(-1, len(FORMS), 2, len(COMPONENTS)))
    girls = np.stack([_flat(draws, f"girl_share_{form}") for form in FORMS], axis=1)
    cost = girls[:, :, None] * by_sex[:, :, 0, :] + (1 - girls[:, :, None]) * by_sex[:, :, 1, :]
    quality = COMPONENTS.index("quality")
    cost[:, :, quality] *= country_value_of_qaly(draws, country=country, evidence=evidence)[:, None]
    income = float(evidence.countries.at[country, "gdp_per_capita_ppp"]) / harmonise.constant(
        evidence, "income_reference"
    )
    elasticity = _flat(draws, "elasticity_services")
    for k, component in enumerate(TANGIBLE):
        if component in SERVICES:
            cost[:, :, k] *= (income ** (elasticity - 1))[:, None]
        if not registered and component in UPTAKE:
            cost[:, :, k] *= _flat(draws, UPTAKE[component])[:, None]
    if not registered:
        severity = np.exp(_flat(draws, "log_severity_undetected"))[:, None]
        for component in ("health", "output", "quality"):
            cost[:, :, COMPONENTS.index(component)] *= severity
    wide = draws["log_definition"].sel(country=country).to_numpy().reshape(-1)
    error = draws["log_transfer_error"].sel(country=country).to_numpy().reshape(-1)
    carried = np.exp(error - _flat(draws, "definition_severity") * wide)
    national: Array = cost * carried[:, None, None]
    return national
