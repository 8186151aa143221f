"""Who pays and when: each ministry, all government and society, by hand and by laws.

By hand: two years without discounting, and 100 f of law and 400 f of output in each of them, f = 1 in half of the draws
and 3 in the others (mean 2). The option averts a fifth. Justice pays for law and the treasury for a quarter of output;
households bear the rest. For programmes justice pays 20 a year, and a ministry that has no name 5.

| per year | saved | outlay | net | mean of net |
|---|---|---|---|---|
| justice | 20 f | 20 | 0 or 40 | 20 |
| treasury | 80 f / 4 = 20 f | 0 | 20 or 60 | 40 |
| ministry not named | 0 | 5 | -5 | -5 |
| all government | 40 f | 25 | 15 or 95 | 55 |
| society | 100 f | 30 | 70 or 270 | 170 |

Society pays 30 because business bears 5 beside the 25 of public budgets.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hand_posterior import CHAINS, hand_draws, hand_scenario

from costmodel import acceptability, appraisal, budgets, economics, ministries, pipeline, results
from costmodel.appraisal import Appraisal
from costmodel.errors import ScenarioError
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.evidence.payers import UNNAMED, ministry_of
from costmodel.ministries import GOVERNMENT, SOCIETY
from costmodel.own_programmes import with_own_programmes
from costmodel.scenario import read_scenario
from costmodel.simulation import simulate

F = np.array([1.0, 1, 1, 1, 3, 3, 3, 3])  # two chains of four draws
LEFT = {"inaction": 1.0, "act": 0.8}
YEARLY = np.ones((F.size, 2))


def yearly_cost(left):
    """Cost of two years, dims (draw, year, component)."""
    cost = np.zeros((F.size, 2, len(COMPONENTS)))
    for name, amount in (("law", 100), ("output", 400)):
        cost[:, :, COMPONENTS.index(name)] = amount * left * F[:, None]
    return cost


@pytest.fixture(scope="module")
def question():
    return hand_scenario(
        {"act": {"parenting": {"coverage": 0.1}}},
        countries=["NLD"],
        end=2027,
        discount=["zero"],
        inflation=0.25,
    )


@pytest.fixture(scope="module")
def facts(evidence):
    """The evidence with the payers of the example."""
    rows = [(name, "households", 1.0, 0) for name in COMPONENTS if name not in ("law", "output")]
    rows += [("law", "justice", 1.0, 1), ("output", "treasury", 0.25, 1), ("output", "households", 0.75, 0)]
    table = pd.DataFrame(rows, columns=["component", "payer", "share", "public"])
    return dataclasses.replace(evidence, payers=table)


@pytest.fixture(scope="module")
def by_hand():
    """Sums as an appraisal would hold them."""
    cost = {option: yearly_cost(left) for option, left in LEFT.items()}
    spent = {"inaction": 0.0, "act": 1.0}
    return Appraisal(
        n_chains=2,
        burden={(option, "zero"): one.sum(axis=1) for option, one in cost.items()},
        spend={(option, "zero"): 60 * one * np.ones(F.size) for option, one in spent.items()},
        outlay={(option, "zero"): 50 * one * np.ones(F.size) for option, one in spent.items()},
        violence={(option, "zero"): np.zeros(F.size) for option in LEFT},
        new_victims={option: YEARLY for option in LEFT},
        annual_cost=cost,
        outlay_by_year={option: 25 * one * YEARLY for option, one in spent.items()},
        ministry_outlay={("act", "justice"): 20 * YEARLY, ("act", UNNAMED): 5 * YEARLY},
        ministry_value={("act", "justice", "zero"): 40 + 0 * F, ("act", UNNAMED, "zero"): 10 + 0 * F},
        gdp=np.array([1000.0, 2000.0]),
        central_expense=np.array([400.0, 800.0]),
    )


def means(table, quantity, **where):
    """Means by ministry."""
    kept = table[table[where.pop("column", "quantity")] == quantity]
    for name, value in where.items():
        kept = kept[kept[name] == value]
    return kept.set_index("ministry")["mean"].to_dict()


def test_present_values_by_ministry(by_hand, question, facts):
    """Two years of the table above; justice gains in half of the draws, a ministry that only pays in none."""
    table = ministries.ministries_table(by_hand, question, facts)
    nobody = {"health": 0.0, "coordinating ministry": 0.0}
    saved = means(table, "saved")
    assert {name: value for name, value in saved.items() if name not in nobody} == pytest.approx(
        {"justice": 80, "treasury": 80, UNNAMED: 0, GOVERNMENT: 160, SOCIETY: 400}
    )
    assert means(table, "net_saving") == pytest.approx(
        {"justice": 40, "treasury": 80, UNNAMED: -10, GOVERNMENT: 110, SOCIETY: 340}
    )
    assert means(table, "probability_net_saving_positive") == pytest.approx(
        {"justice": 0.5, "treasury": 1, UNNAMED: 0, GOVERNMENT: 1, SOCIETY: 1}
    )


def test_a_budget_year_real_nominal_and_beside_gdp(by_hand, question, facts):
    """2027 is three years after the prices of 2024: 55 is 55 x 1.25^3 in its own money, 55 / 2000 of GDP, 55 / 800."""
    table = budgets.budget_table(by_hand, question, facts)
    assert means(table, "net", column="flow", year=2027) == pytest.approx(
        {"justice": 20, "treasury": 40, UNNAMED: -5, GOVERNMENT: 55}
    )
    row = table.query("year == 2027 and ministry == @GOVERNMENT and flow == 'net'").iloc[0]
    assert row["nominal_mean"] == pytest.approx(55 * 1.953125)
    assert row["share_of_gdp"] == pytest.approx(0.0275)
    assert row["share_of_central_expense"] == pytest.approx(0.06875)
    assert row[["low", "high"]].tolist() == pytest.approx([15, 95])


def test_a_share_of_an_unknown_budget_is_left_empty(by_hand, question, facts):
    unknown = dataclasses.replace(by_hand, central_expense=np.full(2, np.nan))
    table = budgets.budget_table(unknown, question, facts)
    assert table["share_of_central_expense"].isna().all()
    assert table["share_of_gdp"].notna().all()


def test_a_cost_by_year_is_a_share_of_its_component(by_hand, question, facts):
    """Output of inaction 400 f: treasury 100 f, 200 on average between 100 and 300; households 600."""
    table = budgets.cost_table(by_hand, question, facts)
    own = table.query("option == 'inaction' and year == 2026 and component == 'output'").set_index("payer")
    assert own["mean"].to_dict() == pytest.approx({"treasury": 200, "households": 600})
    assert own.loc["treasury", ["low", "high"]].tolist() == pytest.approx([100, 300])


# --- laws, on draws made by hand

OPTIONS = {
    "nothing": {},
    "prevent": {"parenting": {"coverage": 0.3}, "school_violence_prevention": {"coverage": 0.2}},
    "online": {"deterrence_messages": {"coverage": 0.4}, "specialised_enforcement": {"coverage": 0.2}},
    "grants": {"child_grants": {"coverage": 0.1}},
    "homes": {"family_based_care": {"coverage": 0.3}},
}
PLACES = ("BEN", "KHM", "PHL")


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(OPTIONS, countries=list(PLACES), end=2027)


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence, countries=PLACES)


@pytest.fixture(scope="module")
def total(draws, scenario, evidence):
    flows = (simulate(draws, scenario, country=name, evidence=evidence) for name in PLACES)
    return appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)


def made(total, scenario, evidence):
    """The tables of this file."""
    return {
        "ministries": ministries.ministries_table(total, scenario, evidence),
        "budget_by_ministry": budgets.budget_table(total, scenario, evidence),
        "cost_by_year": budgets.cost_table(total, scenario, evidence),
        "acceptability": acceptability.acceptability_table(total, scenario),
    }


@pytest.fixture(scope="module")
def tables(total, scenario, evidence):
    return {
        **made(total, scenario, evidence),
        "headline": results.headline_table(total, scenario, evidence),
    }


def test_all_government_is_the_fiscal_view_and_society_the_societal_one_to_the_last_digit(tables):
    """What is saved holds what programmes save on what they replace: of homes, in the mean, a sum of two lines."""
    names = {"saved": "cost_of_inaction", "outlay": "spend", "net_saving": "net_benefit"}
    keys = ["option", "discount", "perspective", "quantity"]
    numbers = ["mean", "low", "mid", "high", "mcse"]
    wider = tables["ministries"].query("perspective != 'ministry'").replace({"quantity": names})
    wider = wider[wider["quantity"].isin(names.values())].set_index(keys)[numbers]
    told = tables["headline"].query("scope == 'trafficking'").set_index(keys)[numbers].loc[wider.index]
    assert len(wider) == 5 * 2 * 2 * 3
    saved = [index for index in wider.index if index[0] == "homes" and index[3] == "cost_of_inaction"]
    others = wider.index.difference(saved)
    assert wider.loc[others].to_numpy() == pytest.approx(told.loc[others].to_numpy(), rel=1e-12)
    plain = [index for index in others if index[0] != "homes"]
    assert (wider.loc[plain] == told.loc[plain]).all(axis=None)
    mean = tables["headline"].query("scope == 'trafficking'").set_index(keys)["mean"]
    for index in saved:
        offset = mean[(*index[:3], "offset")]
        assert offset > 0 and wider.loc[index, "mean"] == pytest.approx(mean[index] + offset)


def test_ministries_add_up_to_all_government(tables, total, scenario, evidence):
    """In the mean, in present value and in each year; and draw by draw what they pay is the outlay of the option."""
    for name, keys in (
        ("ministries", ["option", "discount", "quantity"]),
        ("budget_by_ministry", ["option", "year", "flow"]),
    ):
        table = tables[name][tables[name]["unit"] != "probability"]
        whole = table[table["ministry"] == GOVERNMENT].set_index(keys)["mean"]
        parts = table[~table["ministry"].isin([GOVERNMENT, SOCIETY])].groupby(keys)["mean"].sum()
        assert parts.loc[whole.index].to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-3)
    for option in OPTIONS:
        paid = [value for (key, _), value in total.ministry_outlay.items() if key == option]
        outlay = total.outlay_by_year[option]
        assert sum(paid, np.zeros_like(outlay)) == pytest.approx(outlay)


def test_budgets_over_the_years_are_present_values_without_discounting_of_what_is_paid(tables):
    """Outlay of each year added up is the present value of outlay under the preset zero."""
    paid = (
        tables["budget_by_ministry"].query("flow == 'outlay'").groupby(["option", "ministry"])["mean"].sum()
    )
    whole = tables["ministries"].query("quantity == 'outlay' and discount == 'zero' and ministry != @SOCIETY")
    whole = whole.set_index(["option", "ministry"])["mean"]
    assert paid.loc[whole.index].to_numpy() == pytest.approx(whole.to_numpy())
    assert (whole > 0).any()


def test_budgets_are_what_falls_on_a_payer_less_than_under_the_comparator(tables, total, evidence):
    """Mean share of each component of the year, comparator less option, by the shares of payers.csv."""
    payers, shares, _ = appraisal.payer_rows(evidence)
    saved = tables["budget_by_ministry"].query("flow == 'saved' and ministry == 'health'")
    for row in saved.itertuples():
        lost = total.annual_cost["inaction"] - total.annual_cost[row.option]
        expected = (lost[:, row.year - 2026] @ shares[:, payers.index("health")]).mean()
        assert row.mean == pytest.approx(expected)


def test_costs_by_component_payer_and_year_add_up_to_what_falls_in_the_year(tables, total):
    parts = tables["cost_by_year"].groupby(["option", "year"])["mean"].sum()
    for (option, year), whole in parts.items():
        assert whole == pytest.approx(total.annual_cost[option][:, year - 2026].sum(axis=1).mean())


def test_an_option_without_programmes_moves_no_budget_by_a_cent(tables):
    numbers = ["mean", "low", "mid", "high", "mcse"]
    for name in ("ministries", "budget_by_ministry"):
        own = tables[name].query("option == 'nothing'")
        assert len(own) and (own[numbers] == 0).all(axis=None), name


def test_transfers_are_outlay_of_a_ministry_and_no_cost_to_society(tables):
    """Child grants are transfers to 0.88: society spends 0.12 of what the ministry of welfare pays."""
    paid = means(tables["ministries"], "outlay", option="grants", discount="eu_3")
    assert paid[SOCIETY] == pytest.approx(0.12 * paid["child and social welfare"])
    assert paid[GOVERNMENT] == pytest.approx(paid["child and social welfare"])


def test_what_homes_save_is_saved_by_the_ministry_that_pays_for_them(tables, total):
    """All of it in child and social welfare, beside nothing or little of harm averted."""
    saved = means(tables["ministries"], "saved", option="homes", discount="eu_3")
    offset = total.offset["homes", "eu_3"].mean()
    assert saved["child and social welfare"] > 0.9 * offset > 0 and saved["health"] < 0.1 * offset


def test_the_public_part_of_what_business_pays_is_of_a_ministry_without_a_name(tables, total, evidence):
    """A fifth of deterrence messages is public; society pays all of them beside enforcement, government the fifth."""
    assert ministry_of("deterrence_messages", country="BEN", evidence=evidence) == (UNNAMED, 0.2)
    assert ministry_of("parenting", country="BEN", evidence=evidence) == ("health", 1.0)
    paid = means(tables["ministries"], "outlay", option="online", discount="eu_3")
    messages = total.spend_by_programme["online", "deterrence_messages", "eu_3"].mean()
    assert paid[UNNAMED] == pytest.approx(0.2 * messages)
    assert paid[SOCIETY] - paid[GOVERNMENT] == pytest.approx(0.8 * messages)


def test_a_programme_of_ones_own_makes_no_ministry_of_its_payer(draws, evidence):
    """Business pays, and public budgets bear all of it: which ministry, the scenario does not say."""
    pilot = {
        "unit_cost": {"q05": 300, "q95": 900, "unit": "EUR2024/child/year"},
        "rr": {"q05": 0.7, "q95": 1.1},
        **{"acts_on": "incidence", "target_group": "families", "coverage_max": 0.6, "lag": 1, "ramp": 3},
        **{"payer": "business", "public_share": 1.0, "assumption": "a levy pays it back"},
    }
    stated = hand_scenario({"act": {"our_pilot": {"coverage": 0.1}}}, programmes={"our_pilot": pilot})
    _, told = with_own_programmes(draws, evidence, stated)
    assert ministry_of("our_pilot", country="BEN", evidence=told) == (UNNAMED, 1.0)


def test_each_country_alone_and_in_any_order_gives_the_same_bytes(tables, scenario, evidence, draws):
    """A worker holds the draws of one country; what it returns is added in the order of the codes."""
    alone = {
        name: simulate(draws.sel(country=[name]), scenario, country=name, evidence=evidence)
        for name in reversed(PLACES)
    }
    again = appraisal.appraise(
        (alone[name] for name in sorted(alone)), scenario=scenario, evidence=evidence, n_chains=CHAINS
    )
    for name, table in made(again, scenario, evidence).items():
        assert table.to_csv() == tables[name].to_csv(), name


def test_gdp_and_central_expense_are_those_of_the_countries_together(total, draws, scenario, evidence):
    """Of Cambodia alone its own share of GDP; with Benin, which publishes none, unknown and not too small."""
    one = simulate(draws, scenario, country="KHM", evidence=evidence)
    alone = appraisal.appraise([one], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    share = evidence.public_finance.at["KHM", "central_expense_share_gdp"]
    assert alone.gdp == pytest.approx(one.gdp * one.value_index[:2])
    assert alone.central_expense == pytest.approx(share * alone.gdp)
    assert "BEN" not in evidence.public_finance.index
    assert np.isnan(total.central_expense).all()
    assert (total.gdp > alone.gdp).all()


# --- inflation


def test_inflation_moves_nominal_amounts_and_nothing_else(tables, total, evidence):
    """0 instead of the default: nominal is real, every other number of the table is the same."""
    still = hand_scenario(OPTIONS, countries=list(PLACES), end=2027, inflation=0.0)
    found = budgets.budget_table(total, still, evidence)
    assert (found["nominal_mean"] == found["mean"]).all()
    before = tables["budget_by_ministry"]
    moved = ["nominal_mean", "inflation"]
    assert found.drop(columns=moved).equals(before.drop(columns=moved))
    first = before.query("year == 2026")
    assert first["nominal_mean"].to_numpy() == pytest.approx(1.02**2 * first["mean"].to_numpy())


def test_a_run_folder_says_which_inflation_was_taken(evidence, tmp_path):
    """The evidence decides where the scenario is silent: written out, so that a later default changes no old run."""
    silent = hand_scenario({"act": {"parenting": {"coverage": 0.1}}})
    assert silent.inflation is None
    assert pipeline.as_run(silent, evidence).inflation == evidence.defaults.at["inflation", "value"] == 0.02
    stated = hand_scenario({"act": {"parenting": {"coverage": 0.1}}}, inflation=0.04)
    assert pipeline.as_run(stated, evidence).inflation == 0.04
    path = tmp_path / "a.toml"
    path.write_text(pipeline.dump_scenario(stated), encoding="utf-8")
    assert read_scenario(path).inflation == 0.04


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (0.7, "inflation: must be a yearly rate between -0.5 and 0.5, not 0.7"),
        ("2%", 'inflation: must be a number, not "2%"'),
    ],
)
def test_inflation_beyond_meaning_is_refused(written, said):
    with pytest.raises(ScenarioError) as refused:
        hand_scenario({"act": {"parenting": {"coverage": 0.1}}}, inflation=written)
    assert str(refused.value) == f"scenario: {said}"


# --- more of the headline


def test_return_on_investment_is_the_ratio_less_one(tables):
    table = tables["headline"].query("scope == 'trafficking'")
    keys = ["option", "discount", "perspective"]
    ratio, gain = (
        table[table["quantity"] == quantity].set_index(keys)
        for quantity in ("benefit_cost_ratio", "return_on_investment")
    )
    for name in ("mean", "low", "mid", "high"):
        assert gain[name].to_numpy() == pytest.approx(ratio[name].to_numpy() - 1)
    assert (gain["mcse"] == ratio["mcse"]).all()
    net, spend = (
        table[table["quantity"] == name].set_index(keys)["mean"] for name in ("net_benefit", "spend")
    )
    assert gain["mean"].to_numpy() == pytest.approx((net / spend).loc[gain.index].to_numpy())


def test_draws_for_one_percent_of_money_and_victims_only(tables, total):
    """N (196 error / mean)^2, rounded up; empty for a probability, a ratio, and what is 0 in every draw."""
    n_draws = total.spend["inaction", "eu_3"].size
    for row in tables["headline"].itertuples():
        if row.unit in ("probability", "ratio") or row.mean == 0:
            assert row.draws_for_1pct is None
        else:
            assert isinstance(row.draws_for_1pct, int), "written as a whole number, or left empty"
            exact = n_draws * (196 * row.mcse / row.mean) ** 2
            assert row.draws_for_1pct - 1 < exact * (1 + 1e-9) and exact * (1 - 1e-9) < row.draws_for_1pct + 1


@pytest.mark.parametrize("changed", ["log_incidence", "log_unit_cost"])
def test_at_its_break_even_an_option_just_pays(changed, evidence):
    """Incidence, or the cost of a victim, times the break-even in every draw, simulated anew: mean net benefit 0.

    The option cares for registered victims beside a prevention programme, and so does the comparator, in part: what
    care costs beyond it follows incidence.
    """
    care = {"child_house": {"coverage": 0.1}}
    options = {"inaction": care, "act": {"child_house": {"coverage": 0.5}, "parenting": {"coverage": 0.3}}}
    scenario = hand_scenario(options, countries=["BEN"], end=2027, discount=["eu_3"])
    draws = hand_draws(evidence, countries=("BEN",))

    def appraised(data):
        one = simulate(data, scenario, country="BEN", evidence=evidence)
        return appraisal.appraise([one], scenario=scenario, evidence=evidence, n_chains=CHAINS)

    def gain_and_spend(total):
        key = {"option": "act", "preset": "eu_3", "comparator": "inaction"}
        gain = appraisal.benefit(total, **key, scope="trafficking", public=None)
        return gain, appraisal.extra_spend(total, **key, fiscal=False)

    before = appraised(draws)
    table = results.break_even_table(before, scenario, evidence, draws).set_index("quantity")
    row = table.loc["incidence_per_100k" if changed == "log_incidence" else "unit_cost_multiplier"]
    times = row["value"] / row["current"]
    gain, spend = gain_and_spend(before)
    assert not 0.9 < times < 1.1, "a break-even that today's value is not"
    assert (table["probability"] == economics.probability_positive(gain - spend)).all()
    gain, spend = gain_and_spend(appraised(draws.assign({changed: draws[changed] + np.log(times)})))
    assert gain.mean() == pytest.approx(spend.mean())
