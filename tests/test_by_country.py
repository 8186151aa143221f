"""Countries beside one another: what adds up does, and each is what a run of it alone would say."""

import numpy as np
import pandas as pd
import pytest
from hand_posterior import CHAINS, COUNTRIES, hand_draws, hand_scenario

from costmodel import appraisal, by_country, results
from costmodel.appraisal import ALL_VIOLENCE, SOCIETAL, TRAFFICKING
from costmodel.simulation import simulate
from costmodel.views import SUMMARY

OPTIONS = {
    "nothing": {},
    "prevent": {"parenting": {"coverage": 0.3}},
    "disrupt": {"specialised_enforcement": {"coverage": 0.5}},
    "homes": {"family_based_care": {"coverage": 0.3}},
}
ADDITIVE = ("victims_averted", "cost_of_inaction", "spend", "net_benefit")
SAVED = ("offset", "net_spend")


@pytest.fixture(scope="module")
def flows(evidence):
    """The two countries, each simulated once."""
    question, draws = hand_scenario(OPTIONS, end=2029), hand_draws(evidence)
    return {name: simulate(draws, question, country=name, evidence=evidence) for name in COUNTRIES}


def summed(flows, evidence, countries):
    """The question asked of some of the countries, and its sums."""
    question = hand_scenario(OPTIONS, end=2029, countries=list(countries))
    chosen = [flows[name] for name in countries]
    return question, appraisal.appraise(chosen, scenario=question, evidence=evidence, n_chains=CHAINS)


@pytest.fixture(scope="module")
def both(flows, evidence):
    return summed(flows, evidence, COUNTRIES)


@pytest.fixture(scope="module")
def table(both):
    question, total = both
    return by_country.by_country_table(total, question)


def headline_of(total, question, evidence):
    """Rows of the headline that the table by country splits."""
    rows = results.headline_table(total, question, evidence)
    kept = rows[(rows["discount"] == "eu_3") & (rows["perspective"] == SOCIETAL)]
    return kept[~kept["quantity"].isin(["burden", "cost_of_delay"])].set_index(
        ["option", "scope", "quantity"]
    )


def test_means_of_what_adds_up_add_up_to_the_headline(table, both, evidence):
    question, total = both
    whole = headline_of(total, question, evidence)["mean"]
    added = table[table["quantity"].isin([*ADDITIVE, *SAVED])]
    parts = added.groupby(["option", "scope", "quantity"])["mean"].sum()
    assert len(parts) == 4 * 2 * len(ADDITIVE) + 2 * len(SAVED)
    assert parts.to_numpy() == pytest.approx(whole[parts.index].to_numpy(), rel=1e-12)
    assert parts["prevent", TRAFFICKING, "cost_of_inaction"] > 0 < parts["homes", TRAFFICKING, "offset"]


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_country_is_what_a_run_of_it_alone_says(country, table, flows, evidence):
    """Every quantity and statistic of both scopes, ratios and chances too."""
    question, total = summed(flows, evidence, [country])
    alone = headline_of(total, question, evidence)
    rows = table[table["country"] == country].set_index(["option", "scope", "quantity"])
    assert set(rows.index) == set(alone.index)
    assert rows[SUMMARY].to_numpy() == pytest.approx(alone.loc[rows.index, SUMMARY].to_numpy(), nan_ok=True)
    assert rows["unit"].tolist() == alone.loc[rows.index, "unit"].tolist()


def test_countries_stand_in_the_order_of_the_alphabet_and_not_of_their_numbers(table):
    order = list(dict.fromkeys(table["country"]))
    assert order == sorted(COUNTRIES) != list(COUNTRIES)
    assert set(table["scope"]) == {TRAFFICKING, ALL_VIOLENCE}


def test_an_option_that_spends_nothing_has_no_ratio(table):
    rows = table[table["option"] == "nothing"]
    assert "benefit_cost_ratio" not in set(rows["quantity"])
    assert (rows[["mean", "low", "high"]] == 0).all(axis=None)


def test_one_country_alone_has_no_table_of_countries(flows, both, table, evidence):
    question, total = summed(flows, evidence, ["NLD"])
    assert by_country.by_country_tables(total, question) == {}
    assert by_country.by_country_tables(both[1], both[0])["by_country"].equals(table)


def test_twenty_seven_countries_cost_one_summary_a_quantity(table, both, monkeypatch):
    """Summaries grow with options and scopes alone: five of four options in two scopes, whatever the countries.

    Seven of the one that saves.
    """
    calls, summarise = [], by_country.summarise

    def counted(values):
        calls.append(values.sizes["country"])
        return summarise(values)

    question, total = both
    many = appraisal.Appraisal(n_chains=CHAINS)
    for i in range(27):
        source = COUNTRIES[i % 2]
        for option in question.options:
            many.national[f"C{i:02}", option] = total.national[source, option]
    monkeypatch.setattr(by_country, "summarise", counted)
    found = by_country.by_country_table(many, question)
    assert calls == [27] * (4 * 2 * 5 + 2 * 2)
    assert isinstance(found, pd.DataFrame) and len(found) == 27 * len(table) / 2
    assert np.isfinite(found["mean"]).all()
