"""Sums over countries: what adds up, what must not depend on order, and what inaction and delay cost."""

import dataclasses

import numpy as np
import pytest
from hand_posterior import CHAINS, COUNTRIES, N_DRAWS, hand_draws, hand_scenario

from costmodel import appraisal, discounting, economics
from costmodel.appraisal import ALL_VIOLENCE, TRAFFICKING
from costmodel.courses import later
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.simulation import simulate

OPTIONS = {
    "nothing": {},
    "prevent": {"parenting": {"coverage": 0.3, "end": 2033}},
    "grants": {"child_grants": {"coverage": 0.2}},
}
KEY = {"preset": "eu_3", "comparator": "inaction"}


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(OPTIONS, countries=["BEN"])


@pytest.fixture(scope="module")
def flows(evidence, scenario):
    """Two countries that can both have child grants, each simulated once."""
    draws = hand_draws(evidence, countries=("BEN", "KHM"))
    return [simulate(draws, scenario, country=name, evidence=evidence) for name in ("BEN", "KHM")]


@pytest.fixture(scope="module")
def total(flows, evidence, scenario):
    return appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)


def test_order_of_countries_does_not_matter(flows, total, evidence, scenario):
    """A sum of two is the same both ways round, to the last digit."""
    turned = appraisal.appraise(flows[::-1], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    for name in ("burden", "spend", "outlay", "violence", "annual_cost", "countries"):
        ours, theirs = getattr(total, name), getattr(turned, name)
        assert set(ours) == set(theirs)
        assert all(np.array_equal(ours[key], theirs[key]) for key in ours), name


def test_a_union_is_the_sum_of_its_countries(flows, total, evidence, scenario):
    alone = [
        appraisal.appraise([one], scenario=scenario, evidence=evidence, n_chains=CHAINS) for one in flows
    ]
    for key, values in total.burden.items():
        assert values == pytest.approx(alone[0].burden[key] + alone[1].burden[key])
    assert total.children == pytest.approx(alone[0].children + alone[1].children)


def test_the_burden_against_a_loop_over_years_of_harm_and_of_cost(flows, evidence, scenario):
    """One country, one draw: each year's cost spread over its profile, grown and discounted year by year."""
    one, draw = flows[0], 11
    total = appraisal.appraise([one], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    value = one.value_index
    for k, name in enumerate(COMPONENTS):
        profile = one.timing[name][min(draw, one.timing[name].shape[0] - 1)]
        slow = 0.0
        for harm in range(10):
            for after, share in enumerate(profile):
                grown = value[harm + after] / value[harm]
                slow += one.cost["inaction"][draw, harm, k] * share * grown / 1.03 ** (harm + after + 0.5)
        assert total.burden["inaction", "eu_3"][draw, k] == pytest.approx(slow)


def test_undiscounted_constant_values_make_the_burden_the_sum_of_lifetime_costs(flows, evidence, scenario):
    """Preset zero, values held constant: burden = sum over years of the lifetime cost of new victims."""
    still = dataclasses.replace(flows[0], value_index=np.ones_like(flows[0].value_index))
    total = appraisal.appraise([still], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    assert total.burden["inaction", "zero"] == pytest.approx(flows[0].cost["inaction"].sum(axis=1))


def test_an_option_without_programmes_makes_inaction_cost_exactly_nothing(total):
    for scope in (TRAFFICKING, ALL_VIOLENCE):
        found = appraisal.benefit(total, option="nothing", **KEY, scope=scope, public=None)
        assert (found == 0).all()
        delay = appraisal.delay_cost(total, option="nothing", **KEY, scope=scope, public=None)
        assert (delay == 0).all()
    assert (appraisal.extra_spend(total, option="nothing", **KEY, fiscal=False) == 0).all()


def test_payers_bear_the_whole_burden(total, evidence):
    _, shares, public = appraisal.payer_rows(evidence)
    burden = total.burden["inaction", "eu_3"]
    assert (burden @ shares).sum(axis=1) == pytest.approx(burden.sum(axis=1))
    assert (burden @ public <= burden.sum(axis=1)).all()


def test_discounting_makes_every_component_smaller(total):
    """All costs fall in mid-year or later: at 3% each component of each draw is below its value at 0."""
    assert (total.burden["inaction", "eu_3"] < total.burden["inaction", "zero"]).all()


def test_other_violence_is_a_second_line_and_never_inside_the_first(total):
    first, second = (
        appraisal.benefit(total, option="prevent", **KEY, scope=scope, public=None)
        for scope in (TRAFFICKING, ALL_VIOLENCE)
    )
    assert second - first == pytest.approx(total.violence["prevent", "eu_3"])
    assert (total.violence["inaction", "eu_3"] == 0).all()


def test_the_fiscal_benefit_counts_public_components_only(total, evidence):
    public = appraisal.payer_rows(evidence)[2]
    found = appraisal.benefit(total, option="prevent", **KEY, scope=TRAFFICKING, public=public)
    averted = total.burden["inaction", "eu_3"] - total.burden["prevent", "eu_3"]
    assert found == pytest.approx((averted * public).sum(axis=1))


def test_transfers_are_outlay_of_the_treasury_and_no_cost_to_society(total):
    """Child grants are mostly transfers: what the budget pays is several times what society spends."""
    societal, fiscal = (
        appraisal.extra_spend(total, option="grants", **KEY, fiscal=fiscal) for fiscal in (False, True)
    )
    assert (fiscal > 2 * societal).all()
    assert (societal > 0).all()


def test_the_cost_of_delay_is_the_difference_of_two_net_benefits_on_one_horizon(
    flows, total, evidence, scenario
):
    """Start 2026 or 2027, both to 2033: benefit and spend recomputed here from the flows of each."""
    found = appraisal.delay_cost(total, option="prevent", **KEY, scope=TRAFFICKING, public=None)
    net = {}
    for option in ("prevent", later("prevent", years=1)):
        gain = total.burden["inaction", "eu_3"].sum(axis=1) - total.burden[option, "eu_3"].sum(axis=1)
        factors = 1 / 1.03 ** (np.arange(10) + 0.5)
        net[option] = gain - sum((one.spend[option] * factors).sum(axis=1) for one in flows)
        assert all((one.spend[option][:, 8:] == 0).all() for one in flows), "spending ends on the same date"
    assert found == pytest.approx(net["prevent"] - net[later("prevent", years=1)])
    assert np.abs(found).max() > 0


def test_spend_is_discounted_by_hand(flows, evidence, scenario):
    factors = 1 / 1.03 ** (np.arange(10) + 0.5)
    total = appraisal.appraise(flows[:1], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    assert total.spend["prevent", "eu_3"] == pytest.approx((flows[0].spend["prevent"] * factors).sum(axis=1))


def test_incidence_is_told_per_100_000_children_of_the_first_year(evidence):
    """exp(log incidence) x 100,000, whatever the number of children did since the table was made."""
    draws = hand_draws(evidence)
    scenario = hand_scenario({"nothing": {}}, countries=list(COUNTRIES), start=2029, end=2032)
    flows = [simulate(draws, scenario, country=name, evidence=evidence) for name in COUNTRIES]
    total = appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)
    for name in COUNTRIES:
        expected = np.exp(draws["log_incidence"].sel(country=name).to_numpy().reshape(-1)) * 100_000
        assert total.countries[name, "incidence_per_100k"] == pytest.approx(expected)


def test_share_of_gdp_is_the_first_year_s_lifetime_burden_over_gdp(flows, total):
    one = flows[0]
    value, share = one.value_index, np.zeros(N_DRAWS)
    for k, name in enumerate(COMPONENTS):
        factor = economics.lifetime_factor(
            one.timing[name], value_index=value, factors=1 / 1.03 ** (np.arange(value.size) + 0.5), n_years=1
        )
        share += one.cost["inaction"][:, 0, k] * factor[:, 0] / one.gdp
    assert total.countries["BEN", "burden_share_of_gdp"] == pytest.approx(share)


def test_draws_keep_their_chains():
    """Eight draws of two chains in order: the second chain begins with the fifth."""
    array = appraisal.labelled(np.arange(8.0), n_chains=2)
    assert array.dims == ("chain", "draw")
    assert array.sel(chain=1)[0] == 4


def test_rates_of_a_preset_come_in_the_order_of_their_years(evidence):
    question = hand_scenario({"nothing": {}}, discount=["green_book_2026", "zero"])
    found = discounting.presets(question, evidence)
    assert found["green_book_2026"].money == [(0, 0.035), (31, 0.03), (76, 0.025)]
    assert found["zero"] == discounting.Preset(money=[(0, 0.0)], elasticity=[], health=[])
