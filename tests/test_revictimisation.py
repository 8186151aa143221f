"""Care that prevents being exploited again changes what a victim costs, never how many are counted."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hand_posterior import N_DRAWS, hand_draws, hand_scenario

from costmodel import bundles
from costmodel.baseline import REVICTIMISED, national_baseline
from costmodel.errors import ScenarioError
from costmodel.evidence.harmonise import FORMS
from costmodel.evidence.priors import default_priors, merge_priors, with_priors
from costmodel.model.joint import BUILDERS
from costmodel.simulation import simulate

AFTERCARE = {
    "unit_cost": {"q05": 2000, "q95": 6000, "unit": "EUR2024/child/year"},
    "rr": {"q05": 0.4, "q95": 0.7},
    "acts_on": "revictimisation",
    "target_group": "victims",
    "coverage_max": 0.8,
    "lag": 0,
    "ramp": 1,
    "payer": "child and social welfare",
    "assumption": "for these tests",
}
ACT = {"act": {"aftercare": {"coverage": 0.5}}}
HORIZON = {"countries": ["NLD"], "end": 2030}


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


def question(**changes):
    return hand_scenario(ACT, **HORIZON, programmes={"aftercare": {**AFTERCARE, **changes}})


@pytest.fixture(scope="module")
def flows(draws, evidence):
    return simulate(draws, question(), country="NLD", evidence=evidence)


def test_care_leaves_the_product_of_three_parts(draws, evidence):
    """Severity 0.9; of the half that follows duration 0.8 is left; of the fifth that comes again, half.

    0.9 (1 - 0.5 x 0.2) (1 - 0.2 x 0.5) = 0.9 x 0.9 x 0.9.
    """
    base = national_baseline("NLD", draws=draws, scenario=question(), evidence=evidence)
    one = dataclasses.replace(base, revictimised=np.array([0.2]))
    stay, harm, again, share = (np.array([[value]]) for value in (0.8, 0.9, 0.5, 0.5))
    assert bundles.cared_cost(stay, harm, again, share, one).item() == pytest.approx(0.729)


def test_no_victim_is_counted_less(flows):
    """First incidence only: new victims, registered and stock stay to the last byte."""
    for store in (flows.new_victims, flows.registered, flows.stock):
        assert store["act"].tobytes() == store["inaction"].tobytes()
    assert (flows.spend["act"] > 0).all()


def test_what_is_saved_is_the_part_that_comes_again_of_registered_victims(draws, evidence, flows):
    """Full effect from the first year: part x coverage x (1 - RR) of the cost of registered victims, draw by draw."""
    base = national_baseline("NLD", draws=draws, scenario=question(), evidence=evidence)
    registered = np.zeros(N_DRAWS)
    for f, form in enumerate(FORMS):
        victims = base.incidence * base.children[0] * base.form_share[form] * base.form_detection[form]
        money = victims * base.multi_form_uplift(f) * base.output_per_head[0]
        registered += money * base.registered_cost[:, f].sum(axis=1)
    saved = (flows.cost["inaction"] - flows.cost["act"])[:, 0].sum(axis=1)
    left = 1 - saved / (0.5 * base.revictimised * registered)  # the relative risk of each draw
    assert np.quantile(left, 0.5) == pytest.approx(np.sqrt(0.4 * 0.7), abs=0.08)
    assert left.min() > 0.3 and left.max() < 0.95


def test_the_part_is_a_judgement_that_a_scenario_can_change_and_nothing_is_fitted_to(draws, evidence):
    """Mean of Beta(3, 17): 0.15. Another seed draws others; another prior moves it; no sub-model reads it."""
    priors = default_priors(evidence)
    assert priors[REVICTIMISED].module not in BUILDERS and priors[REVICTIMISED].status == "elicited"
    terms = {"draws": draws, "scenario": question()}
    parts = [national_baseline("NLD", **terms, evidence=evidence, seed=seed).revictimised for seed in (1, 2)]
    assert 0.1 < parts[0].mean() < 0.2 and not np.array_equal(*parts)
    changed = with_priors(evidence, merge_priors(priors, {REVICTIMISED: {"q05": 0.5, "q95": 0.7}}))
    assert national_baseline("NLD", **terms, evidence=changed).revictimised.mean() == pytest.approx(
        0.6, abs=0.05
    )


def test_only_registered_victims_can_be_cared_for():
    with pytest.raises(ScenarioError) as refused:
        question(target_group="families", target_share=0.01)
    assert 'care acts on revictimisation of registered victims: write target_group = "victims"' in str(
        refused.value
    )
