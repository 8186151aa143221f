"""The verbs of decision on run folders of made-up draws: what they print, what must add up, what they refuse."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hand_posterior import hand_posterior, hand_scenario
from typer.testing import CliRunner

from costmodel import cli, pipeline, record, selftest, spending, spending_question
from costmodel.briefing.captions import ETHICS_LINE
from costmodel.choices import read_choice
from costmodel.planned_studies import read_plan, remaining
from costmodel.scenario import Lever, Option, dump_scenario

OPTIONS = {
    "prevent": {"parenting": {"coverage": 0.3}, "school_violence_prevention": {"coverage": 0.2}},
    "care": {"child_house": {"coverage": 0.5}},
    "nothing": {},
}
TERM = "effects.trial_parenting"


def call(*arguments):
    return CliRunner().invoke(cli.app, [str(one) for one in arguments])


def told(*arguments):
    """The JSON that a verb prints."""
    called = call(*arguments, "--format", "json", "--quiet")
    assert called.exit_code == 0, called.stderr
    return json.loads(called.stdout)


def write(result, folder):
    """A run folder without figures and briefing."""
    record.write_part(dump_scenario(result.scenario), folder / "scenario.toml")
    for name in ("parameters", "parameter_sources", "programmes"):
        record.write_part(result.tables[name].to_csv(index=False), folder / "tables" / f"{name}.csv")
    record.write_draws(result.draws, folder / record.DRAWS)
    record.write_record(result.record, folder)
    return folder


@pytest.fixture(scope="module")
def result(evidence):
    """A run of 2 chains x 100 made-up draws, three years of the Netherlands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selftest, "DRAWS", 100)
        scenario = hand_scenario(OPTIONS, countries=["NLD"], end=2028, discount=["eu_3", "zero"])
        return pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    return write(result, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def weighed(result, tmp_path_factory):
    """The same with log densities, as a run of a fit has them: the trial of parenting favours a strong effect."""
    effect = result.draws["parameter_value"].sel(parameter="rr.parenting", drop=True)
    density = xr.Dataset(
        {
            "log_likelihood": (-np.log(effect)).expand_dims(term=[TERM]),
            "log_prior": (-(np.log(effect) ** 2)).expand_dims(prior=["effects.log_voltage_drop"]),
        }
    )
    kept = pipeline.Result(
        result.scenario, result.evidence, result.draws.merge(density), result.tables, result.record
    )
    return write(kept, tmp_path_factory.mktemp("weighed"))


def level(rows, name):
    return [row for row in rows if row["level"] == name]


def test_explain_goes_from_the_number_to_its_sources(folder):
    """Components add up to the mean and to the variance; every parameter has a group above it and evidence below."""
    found = told("explain", folder, "burden")
    rows, parts = found["rows"], level(found["rows"], "component")
    assert sum(part["share_of_mean"] for part in parts) == pytest.approx(1)
    assert sum(part["share_of_variance"] for part in parts) == pytest.approx(1)
    groups = {row["item"] for row in level(rows, "group")}
    assert {row["under"] for row in level(rows, "parameter")} == groups
    assert "effects" not in groups
    assert {row["under"] for row in level(rows, "source")} == {
        row["item"] for row in level(rows, "parameter")
    }
    assert found["use"] == ETHICS_LINE
    assert "no source could be dropped" in found["sources"]


def test_the_mean_of_the_parts_is_that_of_the_headline(folder, result):
    """What is explained is the number of the headline table."""
    rows = told("explain", folder, "net_benefit", "--option", "prevent", "--scope", "all_violence")["rows"]
    table = result.tables["headline"]
    labels = {"option": "prevent", "discount": "eu_3", "scope": "all_violence", "quantity": "net_benefit"}
    (row,) = table[np.logical_and.reduce([table[k] == v for k, v in labels.items()])].to_dict("records")
    assert sum(part["mean"] for part in level(rows, "component")) == pytest.approx(row["mean"], rel=1e-5)
    assert {"other violence", "effects", "costs of programmes"} <= {
        one["item"] for one in level(rows, "group")
    }


def test_the_text_is_a_tree_and_the_figure_is_an_accessible_svg(folder, tmp_path):
    called = call("explain", folder, "burden", "--figure", tmp_path / "burden.svg")
    assert called.exit_code == 0
    assert called.stdout.startswith("Burden, “inaction”: EUR ")
    for words in ("made of: share of the mean", "uncertain because of", "new victims", "└── ", ETHICS_LINE):
        assert words in called.stdout
    svg = (tmp_path / "burden.svg").read_text()
    assert 'role="img"' in svg
    assert "Shares of the variance" in svg


def test_csv_holds_the_same_rows(folder):
    called = call("explain", folder, "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(called.stdout)))) == len(told("explain", folder)["rows"])


def test_a_source_with_a_likelihood_is_dropped(weighed):
    """The trial favours small relative risks: without it the cost of inaction of prevention is lower."""
    rows = told("explain", weighed, "cost_of_inaction", "--option", "prevent")["rows"]
    dropped = [row for row in level(rows, "source") if row["change"] is not None]
    assert {row["item"] for row in dropped} == {"backhaus_2024"}
    assert all(row["change"] < 0 for row in dropped)
    assert "without it" in call("explain", weighed, "cost_of_inaction", "--option", "prevent").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["burdn"],
            "quantity 'burdn': unknown; give one of burden, cost_of_inaction, net_benefit; did you mean",
        ),
        (
            ["net_benefit"],
            "net_benefit: is of an option against 'inaction'; give --option prevent or care or nothing",
        ),
        (["net_benefit", "--option", "car"], "option 'car': unknown"),
        (
            ["cost_of_inaction", "--option", "nothing"],
            "the same in every draw, so that there is nothing to explain",
        ),
        (
            ["burden", "--discount", "eu3"],
            "discount 'eu3': unknown; give one of eu_3, zero; did you mean 'eu_3'?",
        ),
    ],
)
def test_explain_refuses_in_one_line(folder, arguments, words):
    called = call("explain", folder, *arguments)
    assert (called.exit_code, called.stdout) == (2, "")
    assert words in called.stderr
    assert called.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", ["explain", "voi", "sensitivity"])
def test_folders_that_cannot_be_explained_are_refused(verb, result, tmp_path):
    """No folder; a run of an older version, without parameters; a run of too few draws."""
    older = pipeline.Result(
        result.scenario,
        result.evidence,
        result.draws.drop_vars("parameter_value"),
        result.tables,
        result.record,
    )
    few = pipeline.Result(
        result.scenario,
        result.evidence,
        result.draws.isel(draw=slice(0, 20)),
        result.tables,
        result.record,
    )
    for made, words in {
        tmp_path / "nowhere": "no such folder",
        write(older, tmp_path / "older"): "an older version made it; run the scenario again",
        write(few, tmp_path / "few"): "40 draws say too little of what drives a number",
    }.items():
        called = call(verb, made)
        assert (called.exit_code, called.stdout) == (2, "")
        assert words in called.stderr


def test_no_group_is_worth_more_than_everything(folder):
    """0 <= EVPPI <= EVPI within two errors, before they are held there; everything known, the best option is taken."""
    found = told("voi", folder)
    (whole,) = (row for row in found["rows"] if row["of"] == "everything")
    others = [row for row in found["rows"] if row["of"] != "everything"]
    assert whole["evppi"] >= 0
    for row in others:
        assert -2 * row["standard_error"] <= row["raw"] <= whole["raw"] + 2 * row["standard_error"]
    assert {row["of"] for row in others} == {"group", "kind of evidence"}
    assert "would be worth" in found["everything"]


def test_a_study_is_worth_no_more_than_everything_and_pays_its_price(folder):
    """Before it is held to [0, EVPI], a value may lie outside by its error, and by no more than two of them."""
    found = told("voi", folder, "--study", "lists=500:5e6:2028", "--study", "survey=2000:1e5:2027")
    (whole,) = (row for row in found["rows"] if row["of"] == "everything")
    assert [row["study"] for row in found["studies"]] == [
        "lists, 500 persons on the lists",
        "survey, 2,000 children asked",
    ]
    for row in found["studies"]:
        assert -2 * row["standard_error"] <= row["raw"] <= whole["raw"] + 2 * row["standard_error"]
        assert row["enbs"] == pytest.approx(row["remaining"] * row["evsi"] - row["price"])
    assert found["studies"][0]["remaining"] < found["studies"][1]["remaining"] < 1


def test_what_is_still_to_come_is_discounted(folder, evidence):
    """Three years without discounting: from the second on two thirds remain; at 3% a little less."""
    choice = read_choice(folder, discount="zero")
    assert remaining(choice, 2027, evidence) == pytest.approx(2 / 3)
    assert remaining(read_choice(folder), 2027, evidence) < 2 / 3
    plan = read_plan("lists=5e2:150000:2027", choice, evidence)
    assert (plan.design, plan.size, plan.price, plan.year) == ("lists", 500, 150000.0, 2027)


@pytest.mark.parametrize(
    ("study", "words"),
    [
        (
            "surveys=1:1:2027",
            "--study 'surveys': unknown; give one of survey, lists, costs, trial; did you mean 'survey'?",
        ),
        ("survey=many:1:2027", "cannot be read; write NAME=SIZE:PRICE:YEAR"),
        ("survey=100:-5:2027", "a size above 0 and a price of 0 or more are needed"),
        ("survey=100:5:2040", "the year lies outside 2026-2028"),
        ("survey=2000:5:2026", "has no results before 2027 (1 year)"),
        ("survey=1:5:2027", "give 2 children asked or more"),
        ("trial.parenting=40:5:2028", "begun in 2026, it has no results before 2031 (5 years)"),
        ("trial.child_house=40:1:2027", "--study trial.PROGRAMME 'child_house': unknown"),
    ],
)
def test_studies_that_cannot_be_read_are_refused(folder, study, words):
    called = call("voi", folder, "--study", study)
    assert (called.exit_code, called.stdout) == (2, "")
    assert words in called.stderr


def test_shares_of_each_option_add_up_to_what_is_explained(folder):
    """Shapley shares of an option sum to its explained share; the option that does nothing has none."""
    found = told("sensitivity", folder)
    table = pd.DataFrame(found["rows"])
    assert set(table["option"]) == {"prevent", "care"}
    for _, rows in table.groupby("option"):
        assert rows["shapley"].sum() == pytest.approx(rows["explained"].iloc[0])
    swings = pd.DataFrame(found["swings"])
    assert not swings.loc[swings["option"] == "care", "parameter"].str.contains("parenting").any()
    assert "scaled" not in found


def test_priors_and_sources_that_weigh_are_shown_where_a_run_keeps_them(weighed):
    found = told("sensitivity", weighed, "--option", "prevent")
    assert {row["component"] for row in found["scaled"]} == {"data backhaus_2024"}
    text = call("sensitivity", weighed, "--option", "prevent").stdout
    assert "What the answer is most sensitive to" in text
    assert "Priors" not in text.split("What the answer")[0]


@pytest.fixture
def scenario_file(evidence, tmp_path, monkeypatch):
    """A scenario of the Netherlands, answered with made-up draws."""
    monkeypatch.setattr(selftest, "DRAWS", 50)
    monkeypatch.setattr(spending_question, "fit_all", lambda *_, **__: hand_posterior(evidence))
    scenario = hand_scenario(OPTIONS, countries=["NLD"], end=2028)
    return record.write_part(dump_scenario(scenario), tmp_path / "made_up.toml")


def test_a_portfolio_keeps_its_budget_and_no_option_beats_it(scenario_file):
    """The best allocation loses to no option cut down to the same budget, within two errors."""
    found = told("portfolio", scenario_file, "--budget", "2e6", "--draws", 100)
    assert sum(row["spend"] for row in found["rows"]) <= 2e6 * (1 + 1e-6)
    assert {row["option"] for row in found["options"]} == {"prevent", "care", "nothing"}
    for row in found["options"]:
        assert row["spend"] <= 2e6 * (1 + 1e-9)
        assert row["loss"] >= -2 * row["loss_error"]
        assert 0 <= row["scale"] <= 1
    frontier = pd.DataFrame(found["frontier"])
    plain = frontier[frontier["caution"] == 0].sort_values("budget")
    assert plain["net_benefit"].is_monotonic_increasing


def test_an_option_with_a_budget_is_cut_down_whole(evidence, monkeypatch):
    """5 million a year for three years against a budget of 2 million: its budget shrinks, its shares stay."""
    monkeypatch.setattr(selftest, "DRAWS", 50)
    money = {"budget": 5e6, "programmes": {"parenting": {"share": 0.6}, "girls_clubs": {"share": 0.4}}}
    scenario = hand_scenario({"money": {}}, countries=["NLD"], end=2028)
    scenario = scenario.model_copy(
        update={"options": {**scenario.options, "money": Option.model_validate(money)}}
    )
    question = spending.Question(scenario, evidence, hand_posterior(evidence).draws, "trafficking")
    found = spending.spread_budget(question, spending_question.programmes_of(scenario), budget=2e6)
    (row,) = found.favourites.to_dict("records")
    assert row["spend"] == pytest.approx(2e6, rel=1e-3)
    assert 0 < row["scale"] < 0.2


def test_no_allocation_of_a_grid_beats_the_best(evidence):
    """Two programmes of care for the same children, a budget that binds: of the half of 25 allocations
    that it buys, each simulated whole, none is better by a hundredth."""
    scenario = hand_scenario(OPTIONS, countries=["NLD"], end=2028)
    draws = hand_posterior(evidence).draws
    draws = draws.isel(
        draw=np.repeat(np.arange(draws.sizes["draw"]), 2)
    )  # both halves of the draws are the same
    care, levels = ("child_house", "outreach_housing"), (0.0, 0.15, 0.3, 0.45, 0.6)
    question = spending.Question(scenario, evidence, draws, "trafficking")
    grid = {
        f"{a} {b}": Option(
            programmes={name: Lever(coverage=share) for name, share in zip(care, (a, b), strict=True)}
        )
        for a in levels
        for b in levels
    }
    outcomes, _ = spending.simulated(spending_question.halves(question)[1], grid)
    budget = float(np.median([float(one.spend.mean()) for one in outcomes.values()]))
    found = spending.spread_budget(question, care, budget=budget)
    affordable = [one for one in outcomes.values() if float(one.spend.mean()) <= budget]
    assert found.programmes["spend"].sum() > 0
    assert float(found.best.spend.mean()) <= budget * (1 + 1e-6)
    for one in affordable:
        lead = found.best.net - one.net
        assert float(lead.mean()) >= -0.01 * float(found.best.net.mean())


def test_components_of_either_sign_have_no_share_of_their_sum(folder):
    """Spend against what it averts: amounts alone are told."""
    text = call("explain", folder, "net_benefit", "--option", "prevent").stdout
    assert "of the mean" not in text
    assert "Spend on the programmes: minus EUR" in text


def test_a_portfolio_says_what_the_favourite_loses(scenario_file):
    """All programmes of the country are looked at, those among them that save on what they replace."""
    arguments = ("--budget", "2e6", "--draws", 100, "--favourite", "prevent", "--all")
    text = call("portfolio", scenario_file, *arguments).stdout
    assert "“prevent” is expected to lose EUR" in text
    assert "Best allocation of EUR 2.00 million" in text
    assert "end detention" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--budget", "0"], "--budget 0: give an amount above 0"),
        (["--budget", "-3"], "--budget -3: give an amount above 0"),
        (
            ["--budget", "1e6", "--favourite", "car"],
            "--favourite 'car': unknown; give one of prevent, care, nothing",
        ),
    ],
)
def test_portfolios_that_make_no_sense_are_refused(scenario_file, arguments, words):
    called = call("portfolio", scenario_file, *arguments)
    assert (called.exit_code, called.stdout) == (2, "")
    assert words in called.stderr


def test_all_programmes_are_those_priced_for_the_country(evidence):
    scenario = hand_scenario(OPTIONS, countries=["NLD", "BEN"])
    both = set(spending_question.priced_programmes(scenario, evidence))
    assert "parenting" in both
    assert both <= set(
        spending_question.priced_programmes(hand_scenario(OPTIONS, countries=["BEN"]), evidence)
    )


def test_rows_have_one_set_of_keys(folder):
    """CSV needs it, and a node says by its level which of them it has."""
    rows = told("explain", folder)["rows"]
    assert len({tuple(row) for row in rows}) == 1
