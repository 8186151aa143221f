"""Unit cost of a country: the value of a QALY by hand, and the whole against a slow loop."""

import numpy as np
import pytest
from hand_posterior import N_DRAWS, hand_draws

from costmodel.evidence import harmonise
from costmodel.evidence.harmonise import COMPONENTS, FORMS
from costmodel.unit_costs import country_value_of_qaly, girl_share, national_unit_cost, value_of_qaly

LIMITS = {"income_reference": 60.0, "income_break": 15.0}


def valued(income, *, high=0.8, low=1.2):
    ones = np.ones(1)
    return value_of_qaly(income, reference=2 * ones, high=high * ones, low=low * ones, **LIMITS).item()


def test_at_the_reference_income_a_qaly_has_the_reference_value():
    assert valued(60.0) == pytest.approx(2)


def test_an_elasticity_below_one_makes_a_qaly_dearer_in_own_gdp_where_income_is_lower():
    """Half the income at 0.8: 2 x 0.5^(0.8 - 1) = 2.297 GDP per capita."""
    assert valued(30.0) == pytest.approx(2 * 0.5**-0.2)


def test_below_the_break_the_other_elasticity_takes_over_without_a_jump():
    """7.5: a quarter of the way down at 0.8, then half at 1.2: 2 x 0.25^-0.2 x 0.5^0.2."""
    assert valued(7.5) == pytest.approx(2 * 0.25**-0.2 * 0.5**0.2)
    assert valued(15.0 - 1e-9) == pytest.approx(valued(15.0 + 1e-9), rel=1e-8)


@pytest.mark.parametrize("status", ["registered", "found", "undetected"])
@pytest.mark.parametrize("country", ["NLD", "BEN"])
def test_national_unit_cost_against_a_loop_over_draws_forms_and_components(evidence, country, status):
    """One number at a time, as the equation sheet has it (MODEL.md eq. 29-31)."""
    draws = hand_draws(evidence)
    found = national_unit_cost(draws, country=country, evidence=evidence, status=status)
    value = country_value_of_qaly(draws, country=country, evidence=evidence)
    income = evidence.countries.at[country, "gdp_per_capita_ppp"] / harmonise.constant(
        evidence, "income_reference"
    )
    uptake = {"coordination": "law", "law": "law", "services": "services", "health": "health"}
    per_chain = draws.sizes["draw"]
    for i in range(0, N_DRAWS, 7):
        one = draws.isel(chain=i // per_chain, draw=i % per_chain)
        for f, form in enumerate(FORMS):
            odds = np.exp(float(one["log_girl_odds"].sel(country=country, form=form)))
            odds *= np.exp(float(one["log_detection_boys"]))
            girls = odds / (1 + odds)
            for k, component in enumerate(COMPONENTS):
                log_cost = one["log_unit_cost"].sel(form=form, component=component)
                slow = girls * np.exp(float(log_cost.sel(sex="female")))
                slow += (1 - girls) * np.exp(float(log_cost.sel(sex="male")))
                if component == "quality":
                    slow *= value[i]
                if component in uptake:
                    slow *= income ** (float(one["elasticity_services"]) - 1)
                if status == "undetected" and component in uptake:
                    slow *= float(one[f"uptake_{uptake[component]}"])
                if component == "output":
                    slow *= harmonise.working_life(evidence, country)
                if status != "registered" and component in ("health", "output", "quality"):
                    slow *= np.exp(float(one["log_severity_undetected"]))
                slow *= np.exp(float(one["log_transfer_error"].sel(country=country)))
                slow *= np.exp(
                    -float(one["definition_severity"]) * float(one["log_definition"].sel(country=country))
                )
                assert found[i, f, k] == pytest.approx(slow)


def test_boys_who_are_found_less_often_are_more_of_the_victims_than_of_the_registered(evidence):
    """Registered 3 girls to 1 boy, boys found half as often: 3 to 2, a share of 0.6."""
    draws = hand_draws(evidence)
    draws["log_girl_odds"] = draws["log_girl_odds"] * 0 + np.log(3)
    draws["log_detection_boys"] = draws["log_detection_boys"] * 0 + np.log(0.5)
    assert girl_share(draws, country="NLD") == pytest.approx(np.full((N_DRAWS, len(FORMS)), 0.6))


def test_who_is_never_registered_costs_the_services_less(evidence):
    """Uptake is below 1: law, services and coordination spend less on a victim they do not know."""
    draws = hand_draws(evidence)
    known, hidden = (
        national_unit_cost(draws, country="NLD", evidence=evidence, status=status)
        for status in ("registered", "undetected")
    )
    for component in ("coordination", "law", "services"):
        k = COMPONENTS.index(component)
        assert (hidden[:, :, k] < known[:, :, k]).all()


def test_being_found_changes_the_services_a_victim_uses_and_not_the_harm(evidence):
    """Whom only a programme of detection finds: uptake of the registered, severity of the undetected."""
    found, known, hidden = (
        national_unit_cost(hand_draws(evidence), country="NLD", evidence=evidence, status=status)
        for status in ("found", "registered", "undetected")
    )
    for component in ("coordination", "law", "services"):
        k = COMPONENTS.index(component)
        assert found[:, :, k] == pytest.approx(known[:, :, k])
    for component in ("output", "quality"):
        k = COMPONENTS.index(component)
        assert found[:, :, k] == pytest.approx(hidden[:, :, k])


def test_a_working_life_is_one_where_the_studies_are_and_shorter_where_people_die_younger(evidence):
    assert harmonise.working_life(evidence, harmonise.REFERENCE_LIFE_TABLE) == 1
    assert harmonise.working_life(evidence, "NGA") < 0.95
