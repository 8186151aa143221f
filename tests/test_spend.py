"""Spend as a lever: what money buys is what coverage costs, read backwards, draw by draw."""

from __future__ import annotations

import numpy as np
import pytest
from hand_posterior import hand_draws, hand_posterior, hand_scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel import pipeline
from costmodel.courses import later
from costmodel.programmes import coverage_bought, delivery_cost, effective_coverage
from costmodel.scenario import Lever, dump_scenario, lever_path, read_scenario
from costmodel.simulation import simulate

#: Without the limit of growth, which has its own tests (test_delivery.py): here, all that is given can be spent.
BUY = {"parenting": {"spend": {2026: 2e6, 2030: 8e6}, "growth_max": "unlimited"}}
HORIZON = {"countries": ["NLD"], "end": 2032}


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


def flows_of(bundle, draws, evidence):
    """The Netherlands under one option beside the comparator."""
    scenario = hand_scenario({"act": bundle}, **HORIZON)
    return simulate(draws, scenario, country="NLD", evidence=evidence)


@settings(deadline=None)  # the machine may be busy
@given(
    share=st.floats(0, 1),
    ceiling=st.floats(0.05, 1),
    cost=st.floats(0.01, 1e5),
    last_mile=st.floats(0, 20),
)
def test_what_a_coverage_costs_buys_that_coverage(share, ceiling, cost, last_mile):
    """For any share of the ceiling: cost of coverage c buys c."""
    terms = {"coverage_max": ceiling, "unit_cost": [cost], "last_mile": [last_mile]}
    spent = delivery_cost([share * ceiling], **terms)
    assert coverage_bought(spent, **terms).item() == pytest.approx(share * ceiling, abs=1e-9)


def test_money_beyond_the_ceiling_buys_nothing_more():
    """At 0.8 a child of the group costs 0.8 x 100 x (1 + 1) = 160: 160 buys 0.8, and so does 1,000."""
    bought = coverage_bought([[160.0, 1000.0]], coverage_max=0.8, unit_cost=[100.0], last_mile=[1.0])
    assert bought[0].tolist() == pytest.approx([0.8, 0.8])


def test_without_a_last_mile_coverage_is_money_over_price():
    """30 a child of the group at 100 a child reached: 0.3; in a draw at 200, 0.15."""
    bought = coverage_bought([[30.0]], coverage_max=0.8, unit_cost=[100.0, 200.0], last_mile=[0.0, 0.0])
    assert bought[:, 0].tolist() == pytest.approx([0.3, 0.15])


def test_what_is_spent_is_what_was_given_in_every_draw(evidence, draws):
    """2 million in 2026, a straight line to 8 million in 2030, and 8 from then on, whatever a child costs."""
    flows = flows_of(BUY, draws, evidence)
    given_path = lever_path(Lever(spend={2026: 2e6, 2030: 8e6}), np.arange(2026, 2033))
    spent = flows.programme_spend["act"]["parenting"]
    assert spent == pytest.approx(np.broadcast_to(given_path, spent.shape))


def test_a_year_later_the_same_money_flows_a_year_later(evidence, draws):
    """Nothing in 2026, 2 million in 2027: real money, whose reach is smaller because wages have grown."""
    spent = flows_of(BUY, draws, evidence).programme_spend
    now, delayed = spent["act"]["parenting"], spent[later("act", years=1)]["parenting"]
    assert (delayed[:, 0] == 0).all()
    assert delayed[:, 1:] == pytest.approx(now[:, :-1])


def test_spending_what_a_coverage_costs_in_a_draw_averts_as_much_in_that_draw(evidence, draws):
    """Coverage 0.3 costs another path in each draw; the path of draw 7, spent in all, is coverage 0.3 in draw 7."""
    by_share = flows_of({"parenting": {"coverage": 0.3}}, draws, evidence)
    path = by_share.programme_spend["act"]["parenting"][7]
    by_year = {2026 + i: float(amount) for i, amount in enumerate(path)}
    lever = {"spend": by_year, "growth_max": "unlimited"}
    by_money = flows_of({"parenting": lever}, draws, evidence)
    left = [flows.new_victims["act"][7] for flows in (by_share, by_money)]
    assert left[1] == pytest.approx(left[0], rel=1e-12)
    averted = [flows.violence_averted["act"][7] for flows in (by_share, by_money)]
    assert averted[1] == pytest.approx(averted[0], rel=1e-9)
    assert by_money.new_victims["act"] != pytest.approx(by_share.new_victims["act"], rel=1e-6)


def test_nothing_spent_is_nothing_done(evidence, draws):
    """Spend of 0: victims and costs of the comparator to the last digit."""
    flows = flows_of({"parenting": {"spend": 0}}, draws, evidence)
    assert np.array_equal(flows.cost["act"], flows.cost["inaction"])
    assert (flows.spend["act"] == 0).all()


def test_a_programme_of_ones_own_and_one_of_detection_can_be_bought_too(evidence, draws):
    """Draws of coverage reach every place where a coverage acts: detection, adaptation online, venues."""
    bundle = {
        name: {"spend": 1e5} for name in ("data_systems", "online_education", "specialised_enforcement")
    }
    flows = flows_of(bundle, draws, evidence)
    assert (flows.registered["act"][:, -1] != flows.registered["inaction"][:, -1]).all()
    for spent in flows.programme_spend["act"].values():
        assert spent == pytest.approx(np.full(spent.shape, 1e5))


@settings(deadline=None)  # the machine may be busy
@given(
    paths=st.lists(st.lists(st.floats(0, 1), min_size=6, max_size=6), min_size=1, max_size=4),
    half_life=st.sampled_from([np.nan, 2.0]),
)
def test_many_paths_at_once_act_as_each_alone(paths, half_life):
    """The fast kernel over draws beside one call a draw."""
    timing = {"lag": 0.5, "ramp": 3, "half_life": half_life}
    alone = [effective_coverage(path, **timing) for path in paths]
    assert effective_coverage(paths, **timing) == pytest.approx(np.array(alone), abs=1e-12)


def test_the_table_tells_the_mean_coverage_that_money_buys(evidence):
    """Of share levers the share itself; of money the mean over draws, between 0 and the ceiling."""
    options = {"act": BUY, "share": {"parenting": {"coverage": 0.3}}}
    scenario = hand_scenario(options, **HORIZON)
    table = pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence)).tables["programmes"]
    told = table.set_index("option")["coverage_end"]
    assert told["share"] == 0.3
    flows = flows_of(BUY, hand_draws(evidence), evidence)
    assert told["act"] == pytest.approx(flows.coverage_end["act"]["parenting"])
    assert 0 < told["act"] < 0.6


def test_a_file_over_another_replaces_all_years_of_a_spend(tmp_path):
    """Base: 2026 and 2030. Above: 2028 alone, and nothing of the base is left."""
    base = hand_scenario({"act": BUY}, **HORIZON)
    (tmp_path / "base.toml").write_text(dump_scenario(base), encoding="utf-8")
    above = tmp_path / "above.toml"
    above.write_text(
        'schema = 1\nextends = "base.toml"\n[options.act.programmes.parenting]\nspend = {2028 = 1e6}\n'
    )
    assert read_scenario(above).options["act"].programmes["parenting"].spend == {2028: 1e6}
