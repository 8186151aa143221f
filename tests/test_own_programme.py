"""A programme of the analyst's own: used as any other, drawn by name, never called evidence, told where it is wrong."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hand_posterior import N_DRAWS, hand_draws, hand_posterior, hand_scenario

from costmodel import pipeline
from costmodel.briefing import meta_of
from costmodel.errors import ScenarioError
from costmodel.own_programmes import OWN, with_own_programmes
from costmodel.programme_inputs import programme_inputs
from costmodel.scenario import (
    Scenario,
    check_scenario,
    dump_scenario,
    read_scenario,
    scenario_from_table,
    scenario_json_schema,
)
from costmodel.simulation import simulate

PILOT = {
    "title": "Our pilot",
    "unit_cost": {"q05": 300, "q95": 900, "unit": "EUR2024/child/year"},
    "rr": {"q05": 0.7, "q95": 1.1},
    "acts_on": "incidence",
    "target_group": "families",
    "target_share": 0.02,
    "coverage_max": 0.6,
    "lag": 1,
    "ramp": 3,
    "payer": "child and social welfare",
    "assumption": "pilot costs of 2025, effect elicited from three practitioners",
}
OPTIONS = {
    "prevent": {"parenting": {"coverage": 0.3}},
    "pilot": {"our_pilot": {"coverage": 0.3}},
}


def question(*, options=OPTIONS, pilot=PILOT, **changes) -> Scenario:
    """The question of the hand-made posterior with a programme of its own, three years long."""
    base = hand_scenario({"prevent": OPTIONS["prevent"]}, end=2028, **changes)
    table = tomllib.loads(dump_scenario(base))
    table["programmes"] = {"our_pilot": pilot} if pilot else {}
    table["options"] = {
        base.comparator: table["options"][base.comparator],
        **{key: {"programmes": bundle} for key, bundle in options.items()},
    }
    return scenario_from_table(table, where="file")


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


@pytest.fixture(scope="module")
def result(evidence):
    return pipeline.run(question(), evidence=evidence, posterior=hand_posterior(evidence))


def test_the_effect_and_the_cost_have_the_quantiles_that_were_stated(evidence):
    """Of 100,000 draws 5% lie below q05 and 5% above q95: within 4 standard errors of sqrt(.05 x .95 / 100,000)."""
    many = hand_draws(evidence).isel(chain=[0], draw=[0])
    many = many[["log_rr", "displacement", "displacement_enforcement"]].isel(
        draw=np.zeros(100_000, dtype=int)
    )
    scenario = question()
    drawn, joined = with_own_programmes(many, evidence, scenario)
    setting = {"country": "NLD", "currency": "EUR", "price_year": 2024, "seed": scenario.seed}
    found = programme_inputs(
        ["our_pilot"], draws=drawn.assign(log_voltage_drop=0), evidence=joined, **setting
    )
    ours, error = found["our_pilot"], 4 * np.sqrt(0.05 * 0.95 / 100_000)
    for values, stated in ((ours.rr, PILOT["rr"]), (ours.unit_cost, PILOT["unit_cost"])):
        outside = [np.mean(values < stated["q05"]), np.mean(values > stated["q95"])]
        assert outside == pytest.approx([0.05, 0.05], abs=error)


def test_a_programme_of_ones_own_works_as_the_same_row_of_the_evidence(evidence, draws):
    """Parenting stated again, its effect set to that of the pilot: as many victims, to the last digit.

    Coverage, reach and last mile are the same, so that spend differs by the ratio of unit costs, one a draw.
    """
    rows = evidence.programmes
    row = rows[(rows["id"] == "parenting") & (rows["income_group"] == "High income")].iloc[0]
    again = {
        **PILOT,
        "coverage_max": float(row["coverage_max"]),
        "lag": float(row["lag_years"]),
        "ramp": float(row["ramp_years"]),
        "half_life": float(row["half_life_years"]),
        "target_share": float(row["target_share"]),
    }
    scenario = question(pilot=again)
    drawn, joined = with_own_programmes(draws, evidence, scenario)
    log_rr = drawn["log_rr"].copy()
    log_rr.loc[{"programme": "parenting"}] = log_rr.sel(programme="our_pilot")
    flows = simulate(drawn.assign(log_rr=log_rr), scenario, country="NLD", evidence=joined)
    assert np.array_equal(flows.new_victims["prevent"], flows.new_victims["pilot"])
    assert not np.array_equal(flows.new_victims["pilot"], flows.new_victims[scenario.comparator])
    ratio = flows.programme_spend["pilot"]["our_pilot"] / flows.programme_spend["prevent"]["parenting"]
    assert ratio == pytest.approx(np.broadcast_to(ratio[:, :1], ratio.shape))
    assert np.ptp(ratio[:, 0]) > 0


def test_a_cost_of_another_year_is_deflated_where_it_is_delivered(evidence, draws):
    """EUR of 2014 in the Netherlands: each draw is that of 2024 times the rise of Dutch prices, nothing else."""
    index = evidence.prices["gdp_deflator"]
    spent = []
    for year in (2014, 2024):
        cost = {**PILOT["unit_cost"], "unit": f"EUR{year}/child/year"}
        scenario = question(pilot={**PILOT, "unit_cost": cost})
        flows = simulate(draws, scenario, country="NLD", evidence=evidence)
        spent.append(flows.programme_spend["pilot"]["our_pilot"])
    assert spent[0] == pytest.approx(spent[1] * index["NLD", 2024] / index["NLD", 2014])


def test_a_programme_that_no_option_uses_changes_no_byte(evidence):
    """The same options with and without a table [programmes.our_pilot]: every table of the run is the same text."""
    options, posterior = {"prevent": OPTIONS["prevent"]}, hand_posterior(evidence)
    runs = [
        pipeline.run(question(options=options, pilot=pilot), evidence=evidence, posterior=posterior)
        for pilot in (PILOT, None)
    ]
    assert list(runs[0].tables) == list(runs[1].tables)
    for name, table in runs[0].tables.items():
        assert table.to_csv() == runs[1].tables[name].to_csv(), name
    assert runs[0].draws.identical(runs[1].draws)


def test_a_programme_that_is_used_changes_no_other_option(evidence, draws):
    """Drawn by name: `prevent` is the same with `pilot` beside it and without."""
    alone = question(options={"prevent": OPTIONS["prevent"]}, pilot=None)
    flows = [simulate(draws, s, country="BEN", evidence=evidence) for s in (alone, question())]
    assert np.array_equal(flows[0].cost["prevent"], flows[1].cost["prevent"])
    assert np.array_equal(flows[0].spend["prevent"], flows[1].spend["prevent"])


def test_another_programme_of_ones_own_changes_no_draw(evidence, draws):
    """Before or after in the file, alone or beside another: the effect of our_pilot is the same."""
    table = tomllib.loads(dump_scenario(question()))
    table["programmes"] = {"another": PILOT, **table["programmes"]}
    table["options"]["pilot"]["programmes"]["another"] = {"coverage": 0.1}
    both, alone = scenario_from_table(table), question()
    found = [
        with_own_programmes(draws, evidence, s)[0]["log_rr"].sel(programme="our_pilot") for s in (both, alone)
    ]
    assert np.array_equal(found[0], found[1])


def test_joining_twice_is_joining_once(evidence, draws):
    """The pipeline joins for the tables, the simulation for whoever calls it alone: the second finds it done."""
    once = with_own_programmes(draws, evidence, question())
    twice = with_own_programmes(*once, question())
    assert twice[0] is once[0] and twice[1] is once[1]
    assert with_own_programmes(draws, evidence, question(options={"prevent": OPTIONS["prevent"]}))[0] is draws


def test_the_tables_keep_what_they_already_held(evidence, draws):
    """Rows and draws of the evidence stand above the new ones, with the same types."""
    drawn, joined = with_own_programmes(draws, evidence, question())
    assert joined.programmes.iloc[: len(evidence.programmes)].equals(evidence.programmes)
    assert joined.effects.loc[evidence.effects.index].equals(evidence.effects)
    assert (joined.programmes.dtypes == evidence.programmes.dtypes).all()
    fitted = draws["log_rr"].transpose("chain", "draw", "programme")
    assert np.array_equal(drawn["log_rr"].sel(programme=fitted["programme"]), fitted)


def test_a_group_of_the_evidence_brings_its_largest_share(evidence, draws):
    """Families: parenting works with 4% and family strengthening with 1% of children, so the group is 4%."""
    pilot = {key: value for key, value in PILOT.items() if key != "target_share"}
    setting = {"draws": None, "currency": "EUR", "price_year": 2024, "seed": 1}
    drawn, joined = with_own_programmes(draws, evidence, question(pilot=pilot))
    found = programme_inputs(["our_pilot"], country="NLD", evidence=joined, **{**setting, "draws": drawn})
    assert found["our_pilot"].target_share == 0.04


def test_a_share_of_children_on_the_move_is_that_of_each_country_only_if_it_is_stated(evidence, draws):
    """Left out, the country has its own, as guardianship has; stated as 2%, it is 2% in the Netherlands too."""
    moving = {**PILOT, "target_group": "on_move"}
    shares = {}
    for stated in (0.02, None):
        pilot = {key: value for key, value in moving.items() if key != "target_share"}
        pilot |= {} if stated is None else {"target_share": stated}
        drawn, joined = with_own_programmes(draws, evidence, question(pilot=pilot))
        found = programme_inputs(
            ["our_pilot", "guardianship"],
            country="NLD",
            draws=drawn,
            evidence=joined,
            currency="EUR",
            price_year=2024,
            seed=1,
        )
        shares[stated] = [found[name].target_share for name in ("our_pilot", "guardianship")]
    assert shares[0.02][0] == 0.02
    assert shares[None][0] == shares[None][1] == shares[0.02][1] != 0.02


def test_tables_and_pages_say_whose_it_is_and_why(result):
    """Basis `own`, never elicited or trial; the assumption is printed; every page warns."""
    row = result.tables["programmes"].set_index("programme").loc["our_pilot"]
    assert (row["basis"], row["name"]) == (OWN, "Our pilot")
    assert row["sentence"] == (
        "Of the scenario's author, not of the evidence. "
        "Assumption: pilot costs of 2025, effect elicited from three practitioners."
    )
    assert any("cost and effect of Our pilot" in warning for warning in meta_of(result).warnings)


def test_the_briefing_and_the_run_folder_hold_the_assumption(result, tmp_path):
    folder = pipeline.write_run(result, tmp_path / "run")
    page = (folder / "briefing.html").read_text(encoding="utf-8")
    assert PILOT["assumption"] in page
    assert "Stated by the scenario&#39;s author" in page or "Stated by the scenario's author" in page
    again = read_scenario(folder / "scenario.toml")
    assert again.programmes == question().programmes


def test_sources_of_the_run_name_nothing_for_it(result, evidence):
    """What an author states is no source of the package, even where its text holds the key of one."""
    quoting = question(pilot={**PILOT, "source": "silverman_2014"})
    told = pipeline.run(quoting, evidence=evidence, posterior=hand_posterior(evidence))
    assert told.tables["sources"].equals(result.tables["sources"])


def test_a_draw_made_elsewhere_need_not_hold_it(evidence):
    """A posterior is asked for the programmes of the evidence only: no error that `our_pilot` is missing."""
    posterior = hand_posterior(evidence)
    assert "our_pilot" not in posterior.draws["programme"].to_numpy()
    only = question(options={"pilot": OPTIONS["pilot"]})
    found = pipeline.run(only, evidence=evidence, posterior=dataclasses.replace(posterior))
    assert found.record["draws"] == N_DRAWS


def test_a_change_from_the_command_line_reaches_its_numbers(tmp_path):
    """q05 from 0.7 to 0.5; a programme that the file does not have is not begun by a change."""
    path = tmp_path / "mine.toml"
    path.write_text(dump_scenario(question()), encoding="utf-8")
    changed = read_scenario(path, sets=["programmes.our_pilot.rr.q05=0.5"]).programmes["our_pilot"]
    assert (changed.rr.q05, changed.rr.q95) == (0.5, 1.1)
    with pytest.raises(
        ScenarioError, match=r"no programme of its own 'our_pilt'; did you mean 'our_pilot'\?"
    ):
        read_scenario(path, sets=["programmes.our_pilt.rr.q05=0.5"])


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("unit_cost", 300, "unit_cost: must be a table, as unit_cost = {q05 = 300, q95 = 900, unit = "),
        ("rr", 0.9, "rr: must be a table, as rr = {q05 = 0.7, q95 = 1.1}, not 0.9"),
        ("rr", {"q05": 0.7}, "rr.q95: missing; add q95, the value with 95% below it"),
        ("forms", ["sexua"], "forms[0]: must be 'sexual', 'labour' or 'other', not \"sexua\"; did you mean"),
        ("forms", [], 'forms: is empty; write forms = ["sexual"]'),
        ("lag", -1, "lag: must be at least 0, not -1"),
        ("coverage_max", 0, "coverage_max: must be above 0, not 0"),
        ("coverage_max", 60, "coverage_max: must be at most 1, not 60"),
        ("assumption", "", "assumption: is empty; write something, or leave the key out"),
        ("target_group", "Care leavers", "target_group: must be a key of small letters"),
    ],
)
def test_a_number_that_cannot_be_meant_is_told_with_what_belongs_there(key, value, words):
    with pytest.raises(ScenarioError) as caught:
        question(pilot={**PILOT, key: value})
    assert str(caught.value).startswith(f"file: programmes.our_pilot.{words}")


@pytest.mark.parametrize(
    ("group", "acts_on", "words"),
    [
        ("families", "severity", "target_group: care acts on severity of registered victims"),
        ("victims", "incidence", "acts_on: registered victims can have their duration or severity changed"),
    ],
)
def test_care_is_for_registered_victims_and_prevention_is_not(group, acts_on, words):
    with pytest.raises(ScenarioError, match=rf"programmes\.our_pilot\.{words}"):
        question(pilot={**PILOT, "target_group": group, "acts_on": acts_on})


def test_a_group_is_not_called_as_a_quantity_of_the_model(evidence):
    """The share of cases online is the prior online_share; a group `causal` would be given causal_share."""
    with pytest.raises(ScenarioError, match=r"'causal' is part of the name of a prior \(causal_share\)"):
        check_scenario(question(pilot={**PILOT, "target_group": "causal"}), evidence)


def test_a_programme_called_null_would_be_lost_in_tables():
    with pytest.raises(ScenarioError, match=r"programmes\.null: 'null' is a missing value to programs"):
        scenario_from_table({**tomllib.loads(dump_scenario(question())), "programmes": {"null": PILOT}})


def test_editors_accept_what_the_dictionary_shows():
    """The JSON Schema holds for a file with a programme of its own, and for the example of scenarios/README.md."""
    words = (Path(__file__).parents[1] / "scenarios" / "README.md").read_text(encoding="utf-8")
    shown = tomllib.loads(words.partition("[programmes.our_pilot]\n")[2].partition("[options")[0])
    scenario = question(pilot=shown)
    table = json.loads(json.dumps(tomllib.loads(dump_scenario(scenario))))
    jsonschema.validate(table, scenario_json_schema())
    assert scenario.programmes["our_pilot"].title == "Mentors for care leavers"


def test_a_cost_without_a_price_index_is_refused_before_the_run(evidence):
    """The price table ends before 2100."""
    unit = {**PILOT["unit_cost"], "unit": "EUR2100/child/year"}
    with pytest.raises(ScenarioError, match=r"unit_cost\.unit: prices\.csv: no .* in 2100"):
        check_scenario(question(pilot={**PILOT, "unit_cost": unit}), evidence)
