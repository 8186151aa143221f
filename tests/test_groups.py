"""Victims by form, age band and sex: parts add up to the totals of the same draw, and each cell by hand."""

import numpy as np
import pytest
from hand_posterior import CHAINS, COUNTRIES, hand_draws, hand_scenario

from costmodel import appraisal
from costmodel.baseline import national_baseline
from costmodel.evidence.harmonise import FORMS
from costmodel.groups import AGES, ALL, groups_table, with_sums
from costmodel.simulation import simulate

QUANTITIES = ("new_victims", "stock")


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


@pytest.fixture(scope="module")
def scenario():
    care = {"outreach_housing": {"coverage": 0.4}, "parenting": {"coverage": 0.2}}
    return hand_scenario({"care": care})


@pytest.fixture(scope="module")
def flows(draws, scenario, evidence):
    return {c: simulate(draws, scenario, country=c, evidence=evidence) for c in COUNTRIES}


@pytest.fixture(scope="module")
def total(flows, scenario, evidence):
    return appraisal.appraise(flows.values(), scenario=scenario, evidence=evidence, n_chains=CHAINS)


@pytest.fixture(scope="module")
def table(total):
    return groups_table(total).set_index(["country", "quantity", "form", "age", "sex"])


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("country", COUNTRIES)
def test_groups_add_up_to_the_total_in_every_draw(flows, country, quantity):
    found = flows[country].groups[quantity]
    whole = getattr(flows[country], quantity)["inaction"][:, 0]
    assert (found > 0).all()
    assert found.sum(axis=(1, 2, 3)) == pytest.approx(whole, rel=1e-12)


def test_groups_of_all_countries_add_up_to_the_totals_of_the_run(total):
    for quantity in QUANTITIES:
        found = sum(total.groups[country, quantity].sum(axis=(1, 2, 3)) for country in COUNTRIES)
        assert found == pytest.approx(getattr(total, quantity)["inaction"][:, 0], rel=1e-12)


def test_a_comparator_with_programmes_adds_up_too(draws, evidence):
    """What is done already shortens stays and averts some forms more than others."""
    question = hand_scenario({"inaction": {"outreach_housing": {"coverage": 0.4}}, "nothing": {}})
    flows = simulate(draws, question, country="NLD", evidence=evidence)
    for quantity in QUANTITIES:
        whole = getattr(flows, quantity)["inaction"][:, 0]
        assert flows.groups[quantity].sum(axis=(1, 2, 3)) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("country", COUNTRIES)
def test_each_cell_against_a_loop(flows, draws, scenario, evidence, country):
    """New victims x form x band at entry x sex; the stock x years in the band, whoever entered when."""
    base = national_baseline(country, draws=draws, scenario=scenario, evidence=evidence)
    new, stock = (flows[country].groups[quantity] for quantity in QUANTITIES)
    for i in range(0, base.incidence.size, 11):
        for f, form in enumerate(FORMS):
            victims = base.incidence[i] * base.children[0] * base.form_share[form][i]
            for a in range(len(AGES)):
                for s, share in enumerate((base.girl_share[i, f], 1 - base.girl_share[i, f])):
                    assert new[i, f, a, s] == pytest.approx(victims * base.entry_share[i, f, a] * share)
                    assert stock[i, f, a, s] == pytest.approx(victims * base.years_by_age[i, f, a] * share)


def test_sums_come_first_and_a_sum_of_sums_is_the_whole():
    """1 to 8 in two forms, two ages and two sexes: 36 in all, 1 + 2 + 3 + 4 in the first form, 1 + 5 in one cell."""
    found = with_sums(np.arange(1.0, 9.0).reshape(1, 2, 2, 2))[0]
    assert found.shape == (3, 3, 3)
    assert found[0, 0, 0] == 36
    assert found[1, 0, 0] == 10
    assert found[0, 1, 1] == 6
    assert found[2, 2, 2] == 8


def test_a_cell_of_the_table_is_read_as_one_asks_for_it(table, flows):
    """Girls of 15 to 17 in sexual exploitation, and all girls of that age."""
    values = flows["NLD"].groups["stock"][:, 0, 3, 0]
    found = table.loc[("NLD", "stock", "sexual", "15 to 17", "female")]
    assert found["mean"] == pytest.approx(values.mean())
    assert found[["low", "mid", "high"]].tolist() == pytest.approx(np.quantile(values, [0.05, 0.5, 0.95]))
    girls = flows["NLD"].groups["stock"][:, :, 3, 0].sum(axis=1)
    assert table.loc[("NLD", "stock", ALL, "15 to 17", "female"), "high"] == pytest.approx(
        np.quantile(girls, 0.95)
    )


def test_all_countries_together_are_a_place_of_their_own(table, total):
    """The quantile of a sum, not the sum of quantiles."""
    assert set(table.index.get_level_values("country")) == {*COUNTRIES, ALL}
    whole = total.stock["inaction"][:, 0]
    assert table.loc[(ALL, "stock", ALL, ALL, ALL), "high"] == pytest.approx(np.quantile(whole, 0.95))
    assert len(table) == 3 * 2 * 4 * 5 * 3


def test_one_country_is_not_told_twice(flows, scenario, evidence):
    total = appraisal.appraise([flows["NLD"]], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    assert set(groups_table(total)["country"]) == {"NLD"}


def test_no_age_is_written_as_a_date():
    """A spreadsheet takes 5-11 for the fifth of November."""
    assert AGES == ("0 to 4", "5 to 11", "12 to 14", "15 to 17")
