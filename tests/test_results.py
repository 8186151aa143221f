"""Tables: each number recomputed from the draws it claims to summarise."""

import numpy as np
import pytest
from hand_posterior import CHAINS, COUNTRIES, hand_posterior, hand_scenario

from costmodel import appraisal, results, trust
from costmodel.appraisal import FISCAL, SOCIETAL, TRAFFICKING
from costmodel.briefing.columns import OWN, SHARED
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.simulation import simulate

OPTIONS = {
    "nothing": {},
    "prevent": {"parenting": {"coverage": 0.3}, "school_violence_prevention": {"coverage": 0.2}},
    "disrupt": {"specialised_enforcement": {"coverage": {2026: 0.1, 2030: 0.5}}},
}
KEY = {"preset": "eu_3", "comparator": "inaction"}


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(OPTIONS)


@pytest.fixture(scope="module")
def posterior(evidence):
    return hand_posterior(evidence)


@pytest.fixture(scope="module")
def total(evidence, posterior, scenario):
    flows = (simulate(posterior.draws, scenario, country=name, evidence=evidence) for name in COUNTRIES)
    return appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)


@pytest.fixture(scope="module")
def tables(total, evidence, posterior, scenario):
    return results.all_tables(
        total,
        scenario=scenario,
        evidence=evidence,
        draws=posterior.draws,
        diagnostics=posterior.diagnostics,
        seed=1,
    )


def row(table, **where):
    """The only row with these labels."""
    mask = np.logical_and.reduce([table[name] == value for name, value in where.items()])
    assert mask.sum() == 1, where
    return table[mask].iloc[0]


def told(tables, option, quantity, *, discount="eu_3", perspective=SOCIETAL, scope=TRAFFICKING):
    labels = {"option": option, "discount": discount, "perspective": perspective, "scope": scope}
    return row(tables["headline"], **labels, quantity=quantity)


@pytest.mark.parametrize("option", ["prevent", "disrupt"])
def test_headline_is_what_the_draws_say(tables, total, option):
    """Mean and 5, 50, 95% quantiles of the draws of each quantity, taken here with numpy."""
    gain = appraisal.benefit(total, option=option, **KEY, scope=TRAFFICKING, public=None)
    paid = appraisal.extra_spend(total, option=option, **KEY, fiscal=False)
    delay = appraisal.delay_cost(total, option=option, **KEY, scope=TRAFFICKING, public=None)
    for quantity, values in {
        "burden": total.burden[option, "eu_3"].sum(axis=1),
        "cost_of_inaction": gain,
        "spend": paid,
        "net_benefit": gain - paid,
        "cost_of_delay": delay,
    }.items():
        found = told(tables, option, quantity)
        assert found["mean"] == pytest.approx(values.mean()), quantity
        assert found[["low", "mid", "high"]].tolist() == pytest.approx(
            np.quantile(values, [0.05, 0.5, 0.95]).tolist()
        ), quantity


def test_chance_of_a_positive_net_benefit_is_the_share_of_draws_above_zero(tables, total):
    gain = appraisal.benefit(total, option="disrupt", **KEY, scope=TRAFFICKING, public=None)
    paid = appraisal.extra_spend(total, option="disrupt", **KEY, fiscal=False)
    share = np.mean(gain > paid)
    assert 0 < share < 1, "a share that could be anything"
    assert told(tables, "disrupt", "probability_net_benefit_positive")["mean"] == pytest.approx(share)


def test_benefit_cost_ratio_is_a_ratio_of_means(tables, total):
    gain = appraisal.benefit(total, option="prevent", **KEY, scope=TRAFFICKING, public=None)
    paid = appraisal.extra_spend(total, option="prevent", **KEY, fiscal=False)
    found = told(tables, "prevent", "benefit_cost_ratio")["mean"]
    assert found == pytest.approx(gain.mean() / paid.mean())
    assert found != pytest.approx((gain / paid).mean(), rel=1e-6)


def test_an_option_without_programmes_costs_exactly_nothing_and_has_no_ratio(tables):
    for quantity in ("cost_of_inaction", "spend", "net_benefit", "cost_of_delay", "victims_averted"):
        found = told(tables, "nothing", quantity)
        assert found[["mean", "low", "mid", "high", "mcse"]].tolist() == [0, 0, 0, 0, 0], quantity
    table = tables["headline"]
    assert table[(table["option"] == "nothing") & (table["quantity"] == "benefit_cost_ratio")].empty


def test_the_comparator_is_never_compared_with_itself(tables):
    assert set(tables["headline"].query("option == 'inaction'")["quantity"]) == {"burden"}


def test_the_fiscal_burden_is_part_of_the_societal_one(tables):
    for option in ("inaction", "prevent"):
        whole, part = (told(tables, option, "burden", perspective=name) for name in (SOCIETAL, FISCAL))
        assert (part[["mean", "low", "mid", "high"]] < whole[["mean", "low", "mid", "high"]]).all()


def test_components_and_payers_add_up_to_the_burden(tables):
    for option in ("inaction", "prevent"):
        whole = told(tables, option, "burden")["mean"]
        for name in ("burden_by_component", "burden_by_payer"):
            part = tables[name].query("option == @option and discount == 'eu_3'")["mean"].sum()
            assert part == pytest.approx(whole), name
    assert set(tables["burden_by_component"]["component"]) == set(COMPONENTS)


def test_victims_averted_are_those_of_the_victims_table(tables):
    """Sum over years of the comparator's new victims less the option's."""
    by_year = tables["victims"].query("quantity == 'new_victims'").groupby("option")["mean"].sum()
    averted = told(tables, "prevent", "victims_averted")["mean"]
    assert averted == pytest.approx(by_year["inaction"] - by_year["prevent"])


def test_the_three_accountings_are_told_apart_and_the_third_is_part_of_the_second(tables):
    table = tables["annual_cost"].pivot_table(index=["option", "year"], columns="accounting", values="mean")
    assert set(table) == {"incident_lifetime", "annual_stock", "fiscal"}
    assert (table["fiscal"] < table["annual_stock"]).all()


def test_public_payers_bear_the_fiscal_cost_of_each_year(tables, evidence):
    """Budget impact holds public payers and the programmes, nobody else."""
    payers = evidence.payers.groupby("payer")["public"].max()
    found = set(tables["budget_impact"]["payer"])
    assert found == {*payers.index[payers == 1], "programmes of the option"}


def test_budgets_of_public_payers_sum_to_the_fiscal_cost(tables):
    """Every public share of a payer is counted once: ministries of a year = accounting (c) of that year."""
    budget = tables["budget_impact"].query("payer != 'programmes of the option'")
    by_year = budget.groupby(["option", "year"])["mean"].sum()
    fiscal = tables["annual_cost"].query("accounting == 'fiscal'").set_index(["option", "year"])["mean"]
    assert by_year.sort_index().to_numpy() == pytest.approx(fiscal.sort_index().to_numpy())


def test_programmes_pay_what_the_option_pays(tables):
    """Undiscounted outlay is above its present value at 3%, and positive only where something is bought."""
    outlay = (
        tables["budget_impact"].query("payer == 'programmes of the option'").groupby("option")["mean"].sum()
    )
    assert outlay["nothing"] == outlay["inaction"] == 0
    assert outlay["prevent"] > told(tables, "prevent", "spend", perspective=FISCAL)["mean"] > 0


def test_break_even_is_where_the_mean_net_benefit_is_zero(tables, total):
    """Mean spend over mean benefit times today's figure; the current incidence is victims over children."""
    gain = appraisal.benefit(total, option="prevent", **KEY, scope=TRAFFICKING, public=None)
    paid = appraisal.extra_spend(total, option="prevent", **KEY, fiscal=False)
    found = row(tables["break_even"], option="prevent", discount="eu_3", quantity="incidence_per_100k")
    current = total.new_victims["inaction"][:, 0].mean() / total.children * 100_000
    assert found["current"] == pytest.approx(current)
    assert found["value"] == pytest.approx(paid.mean() / gain.mean() * current)
    assert found["probability"] == pytest.approx(np.mean(gain > paid))


def test_bins_of_net_benefit_hold_every_draw_and_break_at_zero(tables):
    table = tables["net_benefit_draws"]
    whole = table.groupby(["option", "discount", "perspective", "scope"])["share"].sum()
    assert whole.to_numpy() == pytest.approx(np.ones(len(whole)))
    assert not ((table["bin_low"] < 0) & (table["bin_high"] > 0)).any()
    assert "nothing" not in set(table["option"])


def test_learning_compares_the_spread_of_each_country_before_and_after(tables, posterior):
    found = row(tables["learning"], country="NLD", quantity="incidence")
    assert found["prior_sd"] == 1.5
    expected = posterior.draws["log_incidence"].sel(country="NLD").to_numpy().std()
    assert found["posterior_sd"] == pytest.approx(expected)


def test_each_effect_is_told_with_its_sentence_and_whether_it_was_elicited(tables, evidence):
    table = tables["programmes"].set_index("programme")
    for name in table.index:
        assert table.at[name, "sentence"] == evidence.effects.at[name, "sentence"]
        assert table.at[name, "basis"] == evidence.effects.at[name, "basis"]
    assert table.at["specialised_enforcement", "coverage_end"] == 0.5


def test_a_table_says_how_many_children_are_reached(tables, evidence):
    """Enforcement works for all children: half of those of both countries from 2030 on, when no more are projected."""
    table = tables["programmes"].set_index("programme")
    children = evidence.countries.loc[[*COUNTRIES], "children_2030"].sum()
    assert table.at["specialised_enforcement", "reached_end"] == pytest.approx(0.5 * children, rel=0.02)


def test_each_effect_is_told_with_its_interval(tables):
    table = tables["programmes"]
    assert (table["rr_low"] < table["rr_mid"]).all()
    assert (table["rr_mid"] < table["rr_high"]).all()


def test_holdouts_are_predicted_beside_what_is_printed(tables, evidence):
    """Each hold-out with a unit cost, its printed value, and inside = printed between low and high."""
    table = tables["holdout"].set_index("id")
    assert set(evidence.anchors.loc[table.index, "role"]) == {"holdout"}
    assert table.at["uk_ms_2018_unit", "printed"] == 328_720
    assert (table["inside"] == table["printed"].between(table["low"], table["high"])).all()


def test_an_anchor_the_model_cannot_tell_from_its_own_prediction_has_a_small_z(evidence, posterior):
    """Made-up predictions lie about the printed value, with an SD above 0.3: z within a draw's reach of 0."""
    table = trust.holdout_table(evidence, posterior.draws, seed=1)
    assert table["z"].abs().max() < 0.5


def test_every_source_key_is_in_the_bibliography_and_says_what_rests_on_it(tables, evidence, scenario):
    table = tables["sources"].set_index("key")
    assert set(table.index) <= set(evidence.sources)
    assert "anchors" in table.at["ec_thb_2020", "used_by"]
    unused = evidence.effects.at["schooling_stipends", "source"]
    assert "programme effects" not in table["used_by"].get(unused, ""), "no programme of this scenario"


def test_no_cell_of_a_money_table_is_missing(tables):
    for name in ("headline", "victims", "burden_by_component", "burden_by_payer", "annual_cost", "countries"):
        numbers = tables[name].select_dtypes("number")
        assert np.isfinite(numbers.to_numpy()).all(), name


def test_every_column_is_described_for_its_reader(tables):
    for name, table in tables.items():
        undescribed = set(table.columns) - set(SHARED) - set(OWN.get(name, {}))
        assert not undescribed, name
