"""A portfolio keeps its budget: fixed costs, options cut down by what they spend, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hand_posterior import hand_posterior, hand_scenario

from costmodel import selftest, spending, spending_question
from costmodel.cut_down import scale_within, scaled
from costmodel.decision.portfolio import Item
from costmodel.errors import ScenarioError
from costmodel.scenario import Option
from costmodel.spending_text import spread_notes, spread_text

CARE = {"child_house": {"coverage": 0.5, "fixed_cost": 3e5}}
YEARS = {"countries": ["NLD"], "end": 2028, "discount": ["zero"]}


@pytest.fixture
def draws(evidence, monkeypatch):
    """2 chains x 50 made-up draws."""
    monkeypatch.setattr(selftest, "DRAWS", 50)
    return hand_posterior(evidence).draws


@pytest.fixture
def twice(evidence):
    """2 chains x 20 made-up draws, each twice, so that both halves are the same."""
    draws = hand_posterior(evidence).draws
    return draws.isel(draw=np.repeat(np.arange(draws.sizes["draw"]), 2))


def question(options, evidence, draws, **changes):
    scenario = hand_scenario(options, **YEARS, **changes)
    return spending_question.Question(scenario, evidence, draws, "trafficking")


def spread(options, budget, *, evidence, draws, **changes):
    asked = question(options, evidence, draws, **changes)
    return spending.spread_budget(asked, spending_question.programmes_of(asked.scenario), budget=budget)


def test_an_option_is_cut_down_by_what_it_spends_not_in_proportion(evidence, draws):
    """Fixed 0.3 million a year for three years, cut to 1.5: in proportion it would spend above it, now just it."""
    found = spread({"care": CARE}, 1.5e6, evidence=evidence, draws=draws)
    (row,) = found.favourites.to_dict("records")
    assert row["spend"] == pytest.approx(1.5e6, rel=1e-3)
    assert row["spend"] <= 1.5e6
    whole = spending.simulated(question({"care": CARE}, evidence, draws), {"care": Option(programmes=CARE)})
    assert row["scale"] < 1.5e6 / float(whole[0]["care"].spend.mean()) - 0.05


def test_the_best_allocation_pays_the_fixed_cost_of_what_it_buys(evidence, twice):
    """One programme, so that it is the option again: 0.9 million of the 1.5 is fixed, and both reach as many."""
    found = spread({"care": CARE}, 1.5e6, evidence=evidence, draws=twice)
    (row,) = found.programmes.to_dict("records")
    assert float(found.best.spend.mean()) == pytest.approx(1.5e6, rel=2e-3)
    assert row["spend"] == pytest.approx(1.5e6, rel=2e-3)
    (option,) = found.favourites.to_dict("records")
    assert row["coverage"] == pytest.approx(0.5 * option["scale"], rel=5e-3)


def test_fixed_costs_above_the_budget_buy_nothing_and_are_told(evidence, draws):
    """0.9 million fixed against 0.5: no scale helps, and the best is to buy nothing of it."""
    found = spread({"care": CARE}, 5e5, evidence=evidence, draws=draws)
    assert found.beyond == ("care",)
    assert len(found.favourites) == 0
    assert float(found.best.spend.mean()) == 0


def test_a_jump_at_the_fixed_cost_of_money_is_above_every_budget_below_it():
    """Money below the fixed cost reaches nobody and is not spent: 4 of 10 are fixed, the budget is 3."""
    assert scale_within(lambda scale: 10 * scale * (10 * scale > 4), whole=10.0, budget=3.0) is None
    assert scale_within(lambda scale: 10 * scale * (10 * scale > 4), whole=10.0, budget=6.0) == pytest.approx(
        0.6, rel=1e-3
    )


def test_a_comparator_with_programmes_is_refused(evidence):
    scenario = hand_scenario({"care": CARE}, **YEARS)
    kept = scenario.model_copy(update={"options": {**scenario.options, "inaction": Option(programmes=CARE)}})
    with pytest.raises(ScenarioError, match=r"options\.inaction\.programmes: the comparator has child_house"):
        spending_question.question_of(kept, evidence, scope="trafficking", draws=100, quiet=True)


def test_five_programmes_with_a_fixed_cost_are_refused(evidence):
    names = ["child_house", "parenting", "girls_clubs", "school_violence_prevention", "outreach_housing"]
    scenario = hand_scenario({"all": {name: {"coverage": 0.1, "fixed_cost": 1.0} for name in names}}, **YEARS)
    with pytest.raises(ScenarioError, match="5 programmes have a fixed_cost"):
        spending_question.question_of(scenario, evidence, scope="trafficking", draws=100, quiet=True)


def test_the_evidence_is_used_as_it_was_read(evidence, draws, monkeypatch):
    """Priors were changed when it was read: the fit gets that evidence itself."""
    seen = []
    monkeypatch.setattr(
        spending_question, "fit_all", lambda facts, **_: seen.append(facts) or hand_posterior(facts)
    )
    spending_question.question_of(
        hand_scenario({"care": CARE}, **YEARS), evidence, scope="trafficking", draws=100, quiet=True
    )
    assert seen[0] is evidence


def test_a_smaller_option_keeps_its_growth_and_its_shares():
    """Half the budget, the same growth and shares; what a lever gives itself is halved year by year."""
    levers = {
        "parenting": {"share": 0.6, "growth_max": 0.2},
        "child_house": {"spend": {2026: 2e6, 2028: 4e6}},
    }
    whole = Option.model_validate({"budget": 5e6, "growth_max": 0.4, "programmes": levers})
    half = scaled(whole, 0.5)
    assert (half.budget, half.growth_max) == (2.5e6, 0.4)
    assert (half.programmes["parenting"].share, half.programmes["parenting"].growth_max) == (0.6, 0.2)
    assert half.programmes["child_house"].spend == {2026: 1e6, 2028: 2e6}


def test_one_half_of_the_draws_chooses_and_the_other_judges(evidence, draws):
    """No draw is in both halves; 39 draws a half say nothing of an error."""
    numbered = draws.assign_coords(draw=np.arange(draws.sizes["draw"]))
    asked = question({"care": CARE}, evidence, numbered)
    choosing, judging = (half.draws["draw"].to_numpy() for half in spending_question.halves(asked))
    assert sorted([*choosing, *judging]) == list(range(50))
    few = question({"care": CARE}, evidence, draws.isel(draw=slice(0, 39)))
    with pytest.raises(ScenarioError, match="half of the draws are 38: one half chooses"):
        spending_question.halves(few)


def test_the_best_is_judged_on_draws_that_did_not_choose_it(evidence, draws):
    """The judges' draws alone, simulated again at the coverage that spends the budget there, give its net benefit."""
    found = spread({"care": CARE}, 1.5e6, evidence=evidence, draws=draws)
    judging = spending_question.halves(question({"care": CARE}, evidence, draws))[1]
    lever = {"coverage": 0.5 * found.favourites.at[0, "scale"], "fixed_cost": 3e5}
    again, _ = spending.simulated(judging, {"again": Option(programmes={"child_house": lever})})
    assert float(found.best.net.mean()) == pytest.approx(float(again["again"].net.mean()), rel=2e-3)
    assert float(found.best.spend.mean()) == pytest.approx(1.5e6, rel=1e-3)
    assert found.programmes.at[0, "spend"] == pytest.approx(1.5e6, rel=1e-3)  # on its own half
    assert found.programmes.at[0, "coverage"] != pytest.approx(lever["coverage"], rel=1e-2)


@pytest.mark.parametrize(("mode", "bought"), [("nested", 1), ("additive", 2), ("random", 2)])
def test_overlap_of_the_scenario_decides_what_is_bought_for_the_same_children(evidence, draws, mode, bought):
    """Two programmes for the same children bring 3 and 2 for 1 each: the second adds nothing where it is nested."""
    asked = question({"care": CARE}, evidence, draws, overlap=mode)
    ones = xr.DataArray(np.ones((2, 50)), dims=("chain", "draw"))
    level = xr.DataArray([0.0, 0.5, 1.0], dims="level")
    pair = [
        Item(name, (0.0, 0.5, 1.0), gain * ones * level, ones * level)
        for name, gain in (("family_strengthening", 3.0), ("parenting", 2.0))
    ]
    found = spending._best(asked, pair, {}, budget=10.0, burden=100 * ones)
    assert len([share for share in found.values() if share > 0.01]) == bought


@pytest.mark.parametrize(
    ("loss", "words"),
    [(2e6, "lose EUR 2.0 million against it"), (-2e6, "do better by EUR 2.0 million")],
)
def test_a_gain_is_not_called_a_negative_loss(evidence, draws, loss, words):
    asked = question({"care": CARE}, evidence, draws, overlap="nested")
    found = spending.spread_budget(asked, ["child_house"], budget=1.5e6)
    rows = found.favourites.assign(loss=loss, loss_error=1e4)
    notes = spread_notes(replace(found, favourites=rows), asked.scenario, favourite="care")
    assert words in notes["favourite"]
    assert notes["overlap"].startswith("the search counts the strongest")


def test_a_favourite_beyond_the_budget_is_said_to_be_so_and_not_held_against_the_best(evidence, draws):
    asked = question({"care": CARE}, evidence, draws)
    found = spending.spread_budget(asked, ["child_house"], budget=5e5)
    notes = spread_notes(found, asked.scenario, favourite="care")
    assert notes["beyond_budget"] == "care: fixed costs alone are above the budget at any scale; not compared"
    assert notes["fixed_costs"].startswith("child_house: ")
    assert "favourite" not in notes
    text = spread_text(found, asked.scenario, scope="trafficking", favourite="care")
    assert "Expected loss" not in text
    assert "33%, 67%, 100% of the most that 2 times the budget buys" in text
