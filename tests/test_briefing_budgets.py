"""What the page says of ministries, budgets and the choice is what the tables say; and how precise a mean is."""

import numpy as np
import pytest
from fake_tables import fake_draws, fake_result, tables_of_budgets

from costmodel import headline
from costmodel.briefing import meta_of
from costmodel.briefing.budgets import (
    NO_SHARE,
    budget_table,
    choice_table,
    ministries_table,
    precision,
)
from costmodel.briefing.select import rows
from costmodel.scenario import scenario_from_table
from costmodel.summary import Estimate, percent
from costmodel.verdict import precision as said_of


@pytest.fixture(scope="module")
def tables():
    return tables_of_budgets(fake_draws())


@pytest.fixture(scope="module")
def meta(tables):
    return meta_of(fake_result(tables=tables))


def lines(table):
    """Rows by group and heading: texts of the cells behind."""
    return {(row[0].text, row[1].text): [cell.text for cell in row[2:]] for row in table.body}


def test_who_neither_saves_nor_pays_has_no_row_and_who_only_pays_saves_nothing(tables, meta):
    """The made-up treasury does neither; education pays, and gains in no draw; government and society stand last."""
    body = lines(ministries_table(tables, meta))
    title = meta.options["protect"]
    own = {who: cells for (option, who), cells in body.items() if option == title}
    assert list(own) == ["Health", "Education", "All government", "Society"]
    saved, paid, net, gains = own["Education"]
    assert saved == "0" and gains == "0%"
    assert net == f"minus {paid}"


def test_chances_of_a_ministry_are_those_of_the_table(tables, meta):
    chance = rows(
        tables["ministries"],
        option="inform",
        discount="eu_3",
        ministry="all government",
        quantity="probability_net_saving_positive",
    ).iloc[0]
    body = lines(ministries_table(tables, meta))
    assert body[meta.options["inform"], "All government"][3] == percent(chance["mean"], chance["mcse"])


def test_budgets_are_of_the_first_five_years_and_the_tenth(tables, meta):
    table = budget_table(tables, meta)
    assert table.heads == ("Option", "Who", "2026", "2027", "2028", "2029", "2030", "2035")
    assert "inflation of 2% a year, a judgement" in table.note
    cell = next(row for row in table.body if row[1].text == "All government")[2]
    assert cell.small[1].endswith("%") and "GDP" not in cell.small[1]


def test_a_horizon_of_three_years_shows_three(tables):
    table = budget_table(tables, meta_of(fake_result(tables=tables, end=2028)))
    assert table.heads == ("Option", "Who", "2026", "2027", "2028")


def test_where_no_expense_is_published_the_share_is_of_gdp_and_it_is_said(tables, meta):
    blank = tables | {
        "budget_by_ministry": tables["budget_by_ministry"].assign(share_of_central_expense=np.nan)
    }
    table = budget_table(blank, meta)
    assert NO_SHARE in table.note
    cell = next(row for row in table.body if row[1].text == "All government")[2]
    assert cell.small[1].endswith("% of GDP")


def test_a_budget_of_nothing_is_a_plain_zero(tables, meta):
    """Nobody saves anything in the first year of the made-up tables."""
    cells = next(row for row in budget_table(tables, meta).body if row[1].text == "Health")
    assert (cells[2].text, cells[2].small) == ("0", ())


def test_the_choice_includes_doing_no_more(tables, meta):
    """Every option of the scenario in its order; the cells are those at the value of a QALY of the run."""
    table = choice_table(tables, meta)
    assert [row[0].text for row in table.body] == list(meta.options.values())
    for row, option in zip(table.body, meta.options, strict=True):
        best = rows(
            tables["acceptability"],
            option=option,
            scope="all_violence",
            qaly_multiple=1.0,
            quantity="probability_best",
        ).iloc[0]
        assert row[3].text == percent(best["mean"], best["mcse"])


@pytest.mark.parametrize(
    ("mcse", "fitted", "said"),
    [
        (
            1.0,
            8000,
            "within ±2% of Monte Carlo error; ±1% needs about 31,000 draws: costmodel fit --draws 7700",
        ),
        (
            1.0,
            40000,
            "±1% needs about 31,000 draws as far apart as the 8,000 used of 40,000: run without --draws first",
        ),
        (0.5, 8000, "within ±0.98% of Monte Carlo error"),
    ],
)
def test_precision_names_the_draws_that_one_percent_needs(mcse, fitted, said):
    """1.96% of 100 after 8,000 draws: 8,000 x 1.96^2 = 30,733, a quarter of it a chain, in steps of a hundred."""
    found = said_of(Estimate(100.0, 10.0, 80.0, 300.0, mcse), n_draws=8000, n_chains=4, fitted=fitted)
    assert found.endswith(said)


def test_precision_of_nothing_is_not_told():
    assert said_of(Estimate(0.0, 0.0, 0.0, 0.0, 0.0), n_draws=8000, n_chains=4, fitted=8000) == ""
    assert said_of(Estimate(1.0, 0.0, 1.0, 2.0, float("nan")), n_draws=8, n_chains=4, fitted=8) == ""


def test_the_page_and_the_terminal_say_the_same_of_precision(tables, meta):
    """The comparator's burden in the headline preset, societal."""
    scenario = scenario_from_table(
        {
            "schema": 1,
            "title": "Made up",
            "countries": ["NLD"],
            "start": 2026,
            "end": 2045,
            "price_year": 2024,
            "discount": ["eu_3"],
            "comparator": "no_further_action",
            "options": {"no_further_action": {}, "protect": {}},
        }
    )
    made = {"draws": meta.draws, "chains": meta.chains}
    found = headline.said_of_precision(tables, made, scenario=scenario)
    assert found == {"precision": precision(tables, meta)}
    assert found["precision"].startswith("The mean burden is known to within ±")


def test_a_record_that_does_not_count_its_draws_has_no_such_sentence(tables):
    old = fake_result(tables=tables)
    old.record = {name: old.record[name] for name in ("run_id", "version", "converged")}
    assert precision(tables, meta_of(old)) == ""
