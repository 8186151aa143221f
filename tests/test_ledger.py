"""The ledger of an anchor: factors that multiply to the end value, variances that add up, steps known by hand."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from model_points import evaluate, point

from costmodel import cards
from costmodel.errors import EvidenceError, OutputError
from costmodel.evidence import elicited, forward, prices
from costmodel.evidence import ledger as ledger_module
from costmodel.evidence.ledger import LAST, has_ledger, ledger, ledgers
from costmodel.evidence.scope import ratio_data, scope_of, unit_cost_data
from costmodel.model.priors import default_priors
from costmodel.model.unit_cost import build_unit_cost


@pytest.fixture(scope="module")
def steps(evidence):
    return ledgers(evidence)


def of(steps, name):
    """One ledger, by the names of its steps."""
    return steps[steps["anchor"] == name].set_index("name")


def changed(evidence, name, **columns):
    """The evidence with other cells in one anchor."""
    anchors = evidence.anchors.copy()
    for column, value in columns.items():
        anchors.loc[name, column] = value
    return dataclasses.replace(evidence, anchors=anchors)


@pytest.fixture(scope="module")
def fast(evidence):
    """Few draws of the priors: for steps of arithmetic."""
    return forward.prior_parameters(evidence, n_draws=200, seed=3)


def test_what_a_study_would_find_is_what_the_model_predicts(evidence):
    """The numpy equations against the PyMC graph at a point far from any symmetry, every level, and one child."""
    model = build_unit_cost(evidence, default_priors(evidence))
    values = evaluate(model, point(model))
    parameters = {name: np.asarray(value, dtype=float)[None] for name, value in values.items()}
    found = forward.log_cost(unit_cost_data(evidence), parameters)[0]
    assert found == pytest.approx(values["prediction"])


def test_both_sides_of_a_ratio_are_what_the_model_divides(evidence):
    model = build_unit_cost(evidence, default_priors(evidence))
    values = evaluate(model, point(model))
    parameters = {name: np.asarray(value, dtype=float)[None] for name, value in values.items()}
    ratios = ratio_data(evidence)
    top, bottom = (forward.log_cost(side, parameters)[0] for side in (ratios.numerator, ratios.denominator))
    # A share of the whole is of one class on either side, which cancels.
    assert top - bottom == pytest.approx(values["ratio_prediction"])


def test_draws_of_the_priors_are_those_of_the_model(evidence):
    """Mean and spread of 20,000 draws against the moments that PyMC's distributions have."""
    found = forward.prior_parameters(evidence, n_draws=20_000, seed=5)
    model = build_unit_cost(evidence, default_priors(evidence))
    checked = 0
    for variable in model.free_RVs:
        if variable.name in found and variable.name != "cluster_deviation":
            drawn = pm.draw(variable, draws=20_000, random_seed=7)
            error = 5 * drawn.std(axis=0) / np.sqrt(10_000)
            assert np.abs(found[variable.name].mean(axis=0) - drawn.mean(axis=0)) == pytest.approx(
                np.zeros(drawn.shape[1:]), abs=float(np.max(error))
            ), variable.name
            assert found[variable.name].std(axis=0) == pytest.approx(drawn.std(axis=0), rel=0.06), (
                variable.name
            )
            checked += 1
    assert checked > 25
    assert found["delta_form"].sum(axis=1) == pytest.approx(0)
    cap = evidence.constants.at["detection_cap", "value"]
    log_share = (
        evidence.priors.at["log_detection_mean", "p1"] + evidence.priors.at["log_detection_child", "p1"]
    )
    assert found["detection"].max() <= cap
    assert np.median(found["detection"]) == pytest.approx(np.exp(log_share), rel=0.05)


def test_every_anchor_that_trains_or_tests_has_a_ledger_and_no_other(evidence, steps):
    table = evidence.anchors
    wanted = table.index[
        table["role"].isin(["train", "holdout"]) & table["module"].isin(["unit_cost", "violence"])
    ]
    assert list(dict.fromkeys(steps["anchor"])) == list(wanted)


def test_factors_multiply_to_the_end_and_variances_add_up(steps):
    for name, of_one in steps.groupby("anchor"):
        product = of_one["value"].iloc[0] * of_one["factor"].iloc[1:].prod()
        assert of_one["value"].iloc[-1] == pytest.approx(product), name
        assert of_one["added_variance"].sum() == pytest.approx(of_one["sd"].iloc[-1] ** 2), name
        assert of_one["name"].iloc[0] == "as_printed" and of_one["name"].iloc[-1] == LAST


def test_every_step_says_what_it_did_and_where_from(evidence, steps):
    for row in steps.itertuples():
        assert row.what and row.source and row.rests_on
        assert set(row.source.split()) <= {*evidence.sources, "assumption"}, row


def test_the_steps_come_in_one_order(steps):
    order = [
        *("as_printed", "reading", "grade", "per_victim", "currency", "gdp"),
        *("scope", "valuation", "discounting", "registration", LAST),
    ]
    for name, of_one in steps.groupby("anchor"):
        places = [order.index(step) for step in of_one["name"]]
        assert places == sorted(places), name


def test_the_arithmetic_of_the_eu_anchor_by_hand(evidence, steps):
    """EUR 337,462 over GDP per capita of the 27 in 2016; all components inside and nothing discounted."""
    eu = of(steps, "eu_thb_2020_eu27_unit")
    facts = evidence.prices.loc[("EU27", 2016)]
    per_head = facts["gdp_usd"] * facts["lcu_per_usd"] / facts["population"]
    assert eu.at["gdp", "value"] == pytest.approx(337_462 / per_head, rel=1e-6)
    assert eu.at["gdp", "sd"] == pytest.approx(0.2)
    assert eu.at["scope", "factor"] == 1 and eu.at["discounting", "factor"] == 1
    assert eu.at["valuation", "added_variance"] > 0 and eu.at["registration", "factor"] != 1


def test_an_interval_is_read_as_its_median(steps):
    """Conti: printed mean 89,390; median sqrt(44,896 x 145,508) = 80,825."""
    conti = of(steps, "uk_cm_2017_unit")
    assert conti.at["as_printed", "value"] == 89_390
    assert conti.at["reading", "value"] == pytest.approx(np.sqrt(44_896 * 145_508))


def test_a_total_is_shared_by_its_victims_and_takes_their_error(evidence, steps):
    """GBP 3.3-4.3bn over 10,000-13,000: sqrt(3.3 x 4.3) bn / sqrt(10,000 x 13,000); log 1.3 / 3.92, grade C 0.2."""
    total = of(steps, "uk_ms_2018_total")
    expected = np.sqrt(3.3e9 * 4.3e9) / np.sqrt(10_000 * 13_000)
    assert total.at["per_victim", "value"] == pytest.approx(expected)
    assert total.at["per_victim", "added_variance"] == pytest.approx(
        (np.log(1.3) / 3.92) ** 2 + 0.04, rel=1e-3
    )


def test_a_second_hand_figure_is_wider_by_its_grade(steps):
    """Grade C adds 0.2 to an own error of 0.2: variance 0.04 on 0.04."""
    unit = of(steps, "uk_csa_2021_unit")
    assert unit.at["grade", "added_variance"] == pytest.approx(0.04)
    assert unit.at["grade", "sd"] == pytest.approx(np.sqrt(0.08))


@pytest.mark.parametrize("method", ["market", "ppp"])
def test_money_of_elsewhere_is_converted_once_at_the_named_rate(evidence, fast, method):
    """USD 1,000 of 2015 in Nigeria: naira at the rate that the row names, and the ledger names it too."""
    other = changed(
        evidence,
        "us_csa_2018_female",
        geography="NGA",
        conversion=method,
        value=1_000.0,
    )
    found = ledger("us_csa_2018_female", other, parameters=fast).set_index("name")
    rate = prices.convert(
        1.0, from_area="USA", to_area="NGA", year=2015, prices=evidence.prices, method=method
    )
    assert found.at["currency", "factor"] == pytest.approx(rate)
    assert found.at["currency", "unit"] == "NGN/victim"
    assert {"market": "market rate", "ppp": "purchasing-power rate"}[method] in found.at["currency", "what"]
    assert found.at["gdp", "value"] == pytest.approx(
        1_000 * rate / prices.gdp_per_capita("NGA", year=2015, prices=evidence.prices)
    )


def test_a_missing_rate_names_the_row_and_the_place(evidence, fast):
    other = changed(evidence, "us_csa_2018_female", geography="PRK", conversion="market")
    with pytest.raises(EvidenceError, match=r"row us_csa_2018_female: .*PRK"):
        ledger("us_csa_2018_female", other, parameters=fast)


def test_discounting_is_taken_out_in_every_draw(evidence, fast):
    """At 7% less 1% growth: log cost undiscounted less log cost as the study has it, averaged over the draws."""
    found = ledger("au_cm_2016_financial", evidence, parameters=fast).set_index("name")
    row = evidence.anchors.loc["au_cm_2016_financial"]
    whole = dataclasses.replace(
        scope_of(row, evidence), mask=np.ones((1, 6)), value_of_qaly=("value_of_qaly_reference",)
    )
    still = row.copy()
    still[["discount_rate", "value_growth"]] = 0.0
    without = dataclasses.replace(
        whole, net_rate=np.zeros(1), output_factor=scope_of(still, evidence).output_factor
    )
    change = forward.log_cost(without, fast) - forward.log_cost(whole, fast)
    assert (change > 0).all()
    assert found.at["discounting", "factor"] == pytest.approx(np.exp(change.mean()))


def test_an_unregistered_cohort_moves_the_other_way(steps):
    """From registered (1) to all the cost falls on average; from none registered (0) it hardly moves."""
    assert of(steps, "us_cm_2012_all").at["registration", "factor"] < 1
    assert (
        of(steps, "uk_csa_2021_unit").at["registration", "factor"]
        > of(steps, "us_cm_2012_all").at["registration", "factor"]
    )


def test_the_reference_value_of_a_qaly_changes_nothing(evidence, fast):
    other = changed(evidence, "eu_thb_2020_eu27_unit", qaly_value="value_of_qaly_reference")
    found = ledger("eu_thb_2020_eu27_unit", other, parameters=fast).set_index("name")
    assert found.at["valuation", "factor"] == 1
    assert found.at["valuation", "added_variance"] == pytest.approx(0)


def test_a_dalys_study_is_its_share_and_services_are_scaled(evidence, steps):
    """Nigeria: DALYs alone, no step moves it. Australia: services over their ratio to DALYs."""
    assert of(steps, "ng_vac_2019_daly_share").at[LAST, "value"] == pytest.approx(0.0157)
    health = of(steps, "au_acms_2025_health")
    share = 21.6e9 / prices.gdp("AUS", year=2023, prices=evidence.prices)
    assert health.at["gdp", "value"] == pytest.approx(share)
    prior = evidence.priors.loc["log_services_ratio"]
    assert np.log(health.at[LAST, "factor"]) == pytest.approx(-prior["p1"], abs=4 * prior["p2"] / 141)


def test_a_ratio_within_a_study_needs_no_conversion(steps):
    ratio = of(steps, "us_cm_2018_ratio")
    assert list(ratio.index) == ["as_printed", "grade", LAST]
    assert ratio.at[LAST, "value"] == 2.64


def test_a_row_that_is_quoted_only_has_no_ledger(evidence):
    assert not has_ledger(evidence.anchors.loc["eu_thb_2020_eu28_unit"])
    with pytest.raises(EvidenceError, match="quoted only, it has no ledger"):
        ledger("eu_thb_2020_eu28_unit", evidence)
    with pytest.raises(
        EvidenceError, match=r"no anchor 'us_cm_2012'; its study has the anchors us_cm_2012_all"
    ):
        ledger("us_cm_2012", evidence)
    with pytest.raises(EvidenceError, match=r"no anchor 'us_cm_2012_al'; did you mean 'us_cm_2012_all'"):
        ledger("us_cm_2012_al", evidence)


def test_a_card_says_what_the_study_says_and_what_it_is_not_for(evidence):
    card = re.sub(r"[\s│]+", " ", cards.show_card("eu_thb_2020", evidence))
    assert "undiscounted" in card and "May not be used for: Not a yearly loss" in card
    assert "337,462 EUR/victim" in card and "in its words" in card.lower()
    assert "Walby" in card


def test_every_study_and_every_anchor_has_a_card(evidence, monkeypatch):
    """Also those that are quoted only, whose limits matter most."""
    short = forward.prior_parameters(evidence, n_draws=20, seed=1)
    violence = elicited.draw_module(evidence, "violence", n_draws=20, seed=1)
    monkeypatch.setattr(ledger_module, "_parameters", lambda evidence: {**violence, **short})
    for name in {*evidence.anchors["study"], *evidence.anchors.index}:
        card = cards.show_card(name, evidence)
        assert "May not be used for: " in card, name
        assert cards.card_rows(name, evidence), name


def test_a_card_of_one_anchor_holds_its_ledger_alone(evidence):
    card = cards.show_card("us_cm_2018_ratio", evidence)
    assert "830,928 USD/victim" not in card and "prices and place cancel" in card


def test_a_card_of_nothing_names_the_nearest(evidence):
    with pytest.raises(
        EvidenceError, match=r"neither an anchor nor a study is called 'eu_thb_2021'.*eu_thb_2020"
    ):
        cards.show_card("eu_thb_2021", evidence)


def test_every_study_has_a_description(evidence):
    assert set(evidence.anchors["study"]) == set(evidence.studies.index)


@pytest.mark.slow
def test_a_folder_of_ledgers_is_complete_and_replaced_whole(evidence, steps, tmp_path):
    """One figure in four files for each anchor; the table read back is the table."""
    out = tmp_path / "ledger"
    cards.write_ledgers(evidence, out)
    names = set(steps["anchor"])
    for ending in ("svg", "png", "csv", "txt"):
        assert {path.stem for path in (out / "figures").glob(f"*.{ending}")} == names
    back = pd.read_csv(out / "ledgers.csv")
    assert back["value"].to_numpy() == pytest.approx(steps["value"].to_numpy())
    assert (out / "ethics.txt").read_text(encoding="utf-8").startswith("For: ")


def test_a_folder_of_something_else_is_left_alone(evidence, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="not a ledger folder"):
        cards.write_ledgers(evidence, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
