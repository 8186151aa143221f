"""Programmes together, fixed cost, growth of money and budgets, by hand: each number from arithmetic on paper."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hand_posterior import hand_draws, hand_posterior, hand_scenario
from typer.testing import CliRunner

from costmodel import appraisal, cli, pipeline, results
from costmodel.briefing import meta_of
from costmodel.briefing.method import combination_words, unspent
from costmodel.briefing.tables import options_table, programmes_table
from costmodel.courses import later
from costmodel.delivery import GROWTH_MAX, absorbed, usual_growth_max
from costmodel.evidence.priors import default_priors, merge_priors, with_priors
from costmodel.headline import said_of
from costmodel.model.joint import BUILDERS
from costmodel.overlap import Part, additive_factors, joint_factor, nested_factors, random_factors
from costmodel.own_programmes import with_own_programmes
from costmodel.programme_inputs import programme_inputs
from costmodel.scenario import (
    Scenario,
    change_priors,
    check_scenario,
    dump_scenario,
    read_scenario,
    scenario_from_table,
    scenario_json_schema,
)
from costmodel.simulation import simulate

YEARS = 6  # 2026 to 2031
PILOT = {
    "unit_cost": {"q05": 300, "q95": 900, "unit": "EUR2024/child/year"},
    "rr": {"q05": 0.7, "q95": 1.1},
    "acts_on": "incidence",
    "target_group": "families",
    "target_share": 0.02,
    "coverage_max": 0.6,
    "lag": 1,
    "ramp": 3,
    "payer": "child and social welfare",
    "assumption": "elicited from three practitioners",
    "rr_violence": {"q05": 0.5, "q95": 0.9},
    "violence_types": ["physical", "sexual"],
}


def question(option: dict[str, object], *, pilot: dict[str, object] | None = None, **changes) -> Scenario:
    """The Netherlands for six years: one option, as its table in a file, beside nothing."""
    base = hand_scenario({"act": {}}, countries=["NLD"], end=2025 + YEARS)
    table = tomllib.loads(dump_scenario(base)) | changes
    table["options"] = {"inaction": {}, "act": option}
    table["programmes"] = {} if pilot is None else {"our_pilot": pilot}
    return scenario_from_table(table, where="file")


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


@pytest.fixture(scope="module")
def flows_of(draws, evidence):
    """Flows of a question."""
    return lambda *told, **changes: simulate(
        draws, question(*told, **changes), country="NLD", evidence=evidence
    )


@pytest.fixture(scope="module")
def result(evidence):
    """A run in which little is as usual."""
    lever = {"spend": {2026: 1e6, 2030: 5e6}, "fixed_cost": 1e5}
    scenario = question({"programmes": {"parenting": lever}}, overlap="nested", reduction_cap=0.6)
    return pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))


def share(**programmes: float) -> dict[str, object]:
    """An option of programmes with one coverage each."""
    return {"programmes": {name: {"coverage": coverage} for name, coverage in programmes.items()}}


# --- programmes together


def test_random_leaves_the_product():
    """0.5 and 0.8 are left: 0.4."""
    assert random_factors([[[0.5]], [[0.8]]]).item() == pytest.approx(0.4)


def test_nested_gives_a_child_the_strongest_of_what_reaches_it():
    """Shares 0.2, 0.5, 0.8 cut by 0.3, 0.6, 0.1: whoever the first reaches has the second too, so 0.5 x 0.6 + 0.3 x 0.1
    = 0.33 is averted."""
    left = nested_factors([[[0.2]], [[0.5]], [[0.8]]], [[0.3], [0.6], [0.1]])
    assert left.item() == pytest.approx(0.67)


def test_nested_keeps_harm():
    """A harm of 20% among 0.3 and a cut of 5% among 0.5: 1 + 0.3 x 0.2 - 0.2 x 0.05 = 1.05."""
    assert nested_factors([[[0.3]], [[0.5]]], [[-0.2], [0.05]]).item() == pytest.approx(1.05)


def test_additive_averts_no_more_than_everything():
    """0.5 and 0.3 are left: 1 - 0.5 - 0.7 < 0, so nobody is; 0.9 and 1.2: 1 - 0.1 + 0.2 = 1.1."""
    assert additive_factors([[[0.5]], [[0.3]]]).item() == 0
    assert additive_factors([[[0.9]], [[1.2]]]).item() == pytest.approx(1.1)


def test_partial_is_the_drawn_power():
    """0.5 and 0.81 with a power of one half: 0.5 x 0.9 = 0.45 (eq. 23), as before there were other ways."""
    parts = [Part(np.array([[f]]), np.array([[1.0]]), np.array([1 - f])) for f in (0.5, 0.81)]
    assert joint_factor(parts, mode="partial", power=[0.5]).item() == pytest.approx(0.45)


def test_what_is_left_of_a_group_is_that_of_its_mode(flows_of, draws, evidence):
    """Two programmes for pupils or families act on the share of cases that their group has, s: new victims are
    1 - s (1 - joint factor) of those of inaction. Parenting reaches all of its group (4%), the pilot half of it (2%
    of children): factors from the first principles of eq. 21 and 22, here for random and additive."""
    option = share(parenting=0.3, our_pilot=0.4)
    known = {mode: flows_of(option, pilot=PILOT, overlap=mode) for mode in ("random", "additive", "nested")}
    left = {mode: found.new_victims["act"] / found.new_victims["inaction"] for mode, found in known.items()}
    alone = {
        name: 1
        - flows_of(share(**{name: c}), pilot=PILOT).new_victims["act"]
        / known["random"].new_victims["inaction"]
        for name, c in (("parenting", 0.3), ("our_pilot", 0.4))
    }
    assert 1 - left["additive"] == pytest.approx(alone["parenting"] + alone["our_pilot"])
    risk = np.asarray(draws["relative_risk_group"]).reshape(-1, 1)
    group = risk * 0.04 / (1 + (risk - 1) * 0.04)
    product = 1 - group * (1 - (1 - alone["parenting"] / group) * (1 - alone["our_pilot"] / group))
    assert left["random"] == pytest.approx(product)
    assert not np.allclose(left["nested"], left["random"])


@pytest.mark.parametrize(
    ("option", "quantity"),
    [
        (share(parenting=0.3, family_strengthening=0.5), "new_victims"),
        (share(child_house=0.5, our_pilot=0.5), "cost"),
        (share(parenting=0.3, school_violence_prevention=0.3), "violence_averted"),
    ],
    ids=["incidence", "care", "other violence"],
)
def test_the_overlap_holds_wherever_programmes_meet(flows_of, option, quantity):
    """Additive differs from nested for new victims, for care of the same victims, and for the same type of violence."""
    care = {key: value for key, value in PILOT.items() if "violence" not in key and key != "target_share"}
    care |= {"acts_on": "severity", "target_group": "victims"}
    found = [
        getattr(flows_of(option, pilot=care, overlap=mode), quantity)["act"][:, -1]
        for mode in ("additive", "nested")
    ]
    assert not np.allclose(found[0], found[1], rtol=1e-9)


def test_no_more_than_the_stated_cap_is_averted(flows_of):
    """Capped at a thousandth: 0.999 of every form and year is left where more would be averted; all else stays."""
    option = share(parenting=0.6, school_violence_prevention=0.8)
    free, capped = flows_of(option), flows_of(option, reduction_cap=0.001)
    left = capped.new_victims["act"] / capped.new_victims["inaction"]
    assert left.min() == pytest.approx(0.999)
    assert (free.new_victims["act"] / free.new_victims["inaction"]).min() < 0.99
    assert np.array_equal(free.violence_averted["act"], capped.violence_averted["act"])


def test_what_is_not_as_usual_is_said_beside_the_options_and_on_stdout(result):
    """Nested, and a cap of 60%: both in the note of the table of options; nothing where all is as usual."""
    words = " ".join(combination_words("nested", 0.6))
    assert "nested" in words and "cut by 60% at most" in words
    assert words in options_table(dict(result.tables), meta_of(result)).note
    assert said_of(result.tables, scenario=result.scenario)["combination"] == words
    usual = dataclasses.replace(meta_of(result), combination=combination_words("partial", None))
    assert "nested" not in options_table(dict(result.tables), usual).note


# --- fixed cost


def test_the_fixed_cost_is_paid_while_somebody_is_reached(flows_of):
    """EUR 100,000 a year on top of coverage 0.3 to 2028: what is added to spend is 100,000 times growth since the
    facts, in three years of six, and it is the same in every draw and of every reading."""
    lever = {"coverage": 0.3, "end": 2028}
    plain = flows_of({"programmes": {"parenting": lever}})
    with_it = flows_of({"programmes": {"parenting": {**lever, "fixed_cost": 1e5}}})
    added = with_it.programme_spend["act"]["parenting"] - plain.programme_spend["act"]["parenting"]
    price = plain.value_index[:YEARS] * added[0, 0] / 1e5
    assert 1 < price[0] < 1.2
    assert added == pytest.approx(
        np.tile(1e5 * price * (np.arange(YEARS) < 3), (added.shape[0], 1)), abs=1e-6
    )
    assert np.array_equal(with_it.cost["act"], plain.cost["act"])


def test_the_fixed_cost_is_no_transfer_and_public_as_the_programme_is(flows_of):
    """Child grants hand most of their cost to families: of the fixed cost nothing. Business pays for nine
    tenths of due diligence, so that budgets bear a tenth of its fixed cost too."""
    for name, public in (("child_grants", 1.0), ("due_diligence", 0.1)):
        plain, with_it = (
            flows_of({"programmes": {name: {"coverage": 0.3, "fixed_cost": fixed}}}) for fixed in (0.0, 1e5)
        )
        fixed = with_it.programme_spend["act"][name] - plain.programme_spend["act"][name]
        assert with_it.spend["act"] - plain.spend["act"] == pytest.approx(fixed, abs=1)
        assert with_it.outlay["act"] - plain.outlay["act"] == pytest.approx(public * fixed, abs=1)


def test_spend_buys_coverage_with_what_the_fixed_cost_leaves(flows_of):
    """EUR 1,000,000 with 400,000 fixed: 1,000,000 is spent; it reaches whom 600,000 would in the first year if
    delivery had not become dearer, and fewer for each year of growth: the fixed cost rises too."""
    lever = {"spend": 1e6, "fixed_cost": 4e5}
    with_it = flows_of({"programmes": {"parenting": lever}})
    assert with_it.programme_spend["act"]["parenting"] == pytest.approx(np.full((40, YEARS), 1e6))
    told = with_it.deliveries["act"]["parenting"]
    rest = 1e6 - told["fixed_cost"][0]
    by_year = {2026 + i: float(amount) for i, amount in enumerate(rest)}
    plain = flows_of({"programmes": {"parenting": {"spend": by_year}}})
    assert told["coverage"] == pytest.approx(plain.deliveries["act"]["parenting"]["coverage"])
    assert (np.diff(told["fixed_cost"][0]) > 0).all()


def test_money_below_the_fixed_cost_is_not_spent(flows_of):
    """EUR 300,000 in 2026 with 400,000 fixed, 900,000 from 2027 on (unlimited): nothing in the first year."""
    lever = {"spend": {2026: 3e5, 2027: 9e5}, "fixed_cost": 4e5, "growth_max": "unlimited"}
    found = flows_of({"programmes": {"parenting": lever}})
    assert (found.programme_spend["act"]["parenting"][:, 0] == 0).all()
    assert (found.deliveries["act"]["parenting"]["fixed_cost"][:, 0] == 0).all()
    assert found.programme_spend["act"]["parenting"][:, 1:] == pytest.approx(np.full((40, YEARS - 1), 9e5))


def test_the_fixed_cost_of_care_does_not_follow_the_number_of_victims(evidence, draws):
    """Break-even: of the spend on a child house, what is paid by registered victim is that without its fixed cost."""
    totals = {}
    for fixed in (0.0, 1e6):
        scenario = question({"programmes": {"child_house": {"coverage": 0.3, "fixed_cost": fixed}}})
        flows = simulate(draws, scenario, country="NLD", evidence=evidence)
        total = appraisal.appraise([flows], scenario=scenario, evidence=evidence, n_chains=2)
        totals[fixed] = results._care_spend(total, scenario, evidence, option="act", preset="eu_3")
    assert totals[1e6] == pytest.approx(totals[0.0])
    assert totals[0.0].min() > 0


# --- growth of money


def test_money_grows_by_the_limit_at_most():
    """10, then at most half more each year: 10, 15, 18 (asked), 27, 40.5; after a year without money it begins anew."""
    assert absorbed([10, 30, 18, 100, 100, 0, 80], growth_max=0.5).tolist() == [10, 15, 18, 27, 40.5, 0, 80]


def test_a_year_that_did_not_pay_the_fixed_cost_is_one_without_money():
    """50 buys nothing at a fixed cost of 100, as 0 would: 500 may follow either, and then 40% more."""
    assert absorbed([50, 500, 900], growth_max=0.4, fixed=100).tolist() == [50, 500, 700]
    assert absorbed([0, 500, 900], growth_max=0.4, fixed=100).tolist() == [0, 500, 700]


def test_the_usual_limit_is_a_prior_that_enters_no_fit(flows_of, evidence):
    """40% a year: 1, 1.4, 1.96, 2.744 of the 1, 2, 3, 4 million asked. A sub-model has no part in it."""
    spend = {"spend": {2026: 1e6, 2030: 5e6}}
    told = flows_of({"programmes": {"parenting": spend}}).deliveries["act"]["parenting"]
    assert told["absorbed"][0, :4] == pytest.approx([1e6, 1.4e6, 1.96e6, 2.744e6])
    assert told["asked"][0, :4] == pytest.approx([1e6, 2e6, 3e6, 4e6])
    assert default_priors(evidence)[GROWTH_MAX].module not in BUILDERS
    changed = with_priors(evidence, merge_priors(default_priors(evidence), {GROWTH_MAX: {"p1": 1.0}}))
    scenario = question({"programmes": {"parenting": spend}})
    found = simulate(hand_draws(evidence), scenario, country="NLD", evidence=changed)
    assert found.deliveries["act"]["parenting"]["absorbed"][0, :3] == pytest.approx([1e6, 2e6, 3e6])


@pytest.mark.parametrize(
    ("option", "lever", "second"),
    [(None, 0.1, 1.1e6), (0.2, None, 1.2e6), (0.2, 0.1, 1.1e6), (0.2, "unlimited", 2e6), (None, None, 1.4e6)],
)
def test_a_lever_s_limit_stands_before_its_option_s(flows_of, option, lever, second):
    """2 million asked in the second year after 1: by the lever, else by the option, else by the evidence."""
    told = {"spend": {2026: 1e6, 2027: 2e6}} | ({} if lever is None else {"growth_max": lever})
    table = {"programmes": {"parenting": told}} | ({} if option is None else {"growth_max": option})
    found = flows_of(table).deliveries["act"]["parenting"]["absorbed"]
    assert found[0, 1] == pytest.approx(second)


def test_a_later_start_is_limited_from_its_own_first_year(flows_of):
    """Asked 1 and 2 million, then 2: one year later the money is 0, 1, 1.4 million, and ends on the same date."""
    lever = {"spend": {2026: 1e6, 2027: 2e6}, "end": 2029}
    spent = flows_of({"programmes": {"parenting": lever}}).programme_spend
    assert spent["act"]["parenting"][0] == pytest.approx([1e6, 1.4e6, 1.96e6, 2e6, 0, 0])
    assert spent[later("act", years=1)]["parenting"][0] == pytest.approx([0, 1e6, 1.4e6, 1.96e6, 0, 0])


# --- budgets


def test_a_budget_is_split_by_shares(flows_of):
    """10 million, half and a fifth: 5 and 2 are spent, 3 are not; coverage beside it costs what it costs, on top."""
    option = {
        "budget": 1e7,
        "programmes": {
            "parenting": {"share": 0.5},
            "school_violence_prevention": {"share": 0.2},
            "child_house": {"coverage": 0.3},
        },
    }
    found = flows_of(option).programme_spend["act"]
    assert found["parenting"] == pytest.approx(np.full((40, YEARS), 5e6))
    assert found["school_violence_prevention"] == pytest.approx(np.full((40, YEARS), 2e6))
    assert found["child_house"].min() > 0


def test_a_later_start_shifts_the_budget(flows_of):
    """Nothing in the first year, then the budget of the year before."""
    option = {
        "budget": {2026: 1e6, 2030: 2e6},
        "programmes": {"parenting": {"share": 0.5}, "guardianship": {"share": 0.5}},
    }
    spent = flows_of(option).programme_spend
    now, delayed = (spent[key]["guardianship"] for key in ("act", later("act", years=1)))
    assert (delayed[:, 0] == 0).all()
    assert delayed[:, 1:] == pytest.approx(now[:, :-1])


def test_three_thirds_are_one():
    """1.1 / 3 + 1.1 / 3 + 0.8 / 3, written with the digits of a float, may pass 1 by rounding and is meant to be 1."""
    shares = {"parenting": 0.3, "guardianship": 0.6, "family_strengthening": 0.1 + 1e-16 * 4}
    assert sum(shares.values()) > 1
    option = {"budget": 1e6, "programmes": {name: {"share": part} for name, part in shares.items()}}
    assert question(option).options["act"].budget == 1e6


def test_the_table_of_delivery_says_what_is_asked_absorbed_and_spent(result):
    """1, 2, 3, 4, 5, 5 million asked; 1, 1.4, 1.96, 2.744, 3.8416, 5 absorbed: 15.9456 of 20 over the years."""
    table = result.tables["delivery"].set_index(["quantity", "year"])["mean"]
    assert table["asked", 2028] == 3e6
    assert table["absorbed", 2028] == pytest.approx(1.96e6)
    assert table["spend", 2028] == pytest.approx(1.96e6)
    assert 1e5 < table["fixed_cost", 2026] < 1.2e5
    assert 0 < table["coverage", 2026] < 0.6
    words = "“act”, parenting: EUR 15.9 million of EUR 20"
    assert words in said_of(result.tables, scenario=result.scenario)["unspent"]
    assert words in programmes_table(dict(result.tables), meta_of(result)).note


def test_coverage_alone_has_no_table_of_delivery_and_no_sentence(flows_of):
    """The table would say again what the lever says; nothing is asked, so nothing is left."""
    assert flows_of(share(parenting=0.3)).deliveries == {}
    assert unspent({}, titles={}, currency="EUR") == ""


# --- programmes of one's own against other violence


def test_stated_effects_on_other_violence_have_the_quantiles_that_were_stated(evidence):
    """Of 100,000 draws 5% lie below q05 and above q95, within 4 standard errors, whatever is lost from trial to scale
    in programmes of the evidence; physical and sexual are .1897 and .1911 of all."""
    many = hand_draws(evidence).isel(chain=[0], draw=[0])
    names = ["log_rr", "log_rr_trial", "displacement", "displacement_enforcement", "log_voltage_drop"]
    many = many[names].isel(draw=np.zeros(100_000, dtype=int))
    scenario = question(share(our_pilot=0.3), pilot=PILOT)
    drawn, joined = with_own_programmes(many, evidence, scenario)
    setting = {"country": "NLD", "currency": "EUR", "price_year": 2024, "seed": scenario.seed}
    found = programme_inputs(["our_pilot"], draws=drawn, evidence=joined, **setting)["our_pilot"]
    outside = [np.mean(found.rr_violence < 0.5), np.mean(found.rr_violence > 0.9)]
    assert outside == pytest.approx([0.05, 0.05], abs=4 * np.sqrt(0.05 * 0.95 / 100_000))
    assert found.violence_shares == {"physical": 0.1897, "sexual": 0.1911}
    assert abs(np.corrcoef(found.rr, found.rr_violence)[0, 1]) < 0.02


def test_stated_effects_on_other_violence_move_that_line_alone(flows_of):
    """With and without rr_violence: the same victims and costs; other violence from 0 to what the pilot averts."""
    silent = {key: value for key, value in PILOT.items() if "violence" not in key}
    with_it, without = (flows_of(share(our_pilot=0.3), pilot=pilot) for pilot in (PILOT, silent))
    for name in ("cost", "spend", "new_victims"):
        assert np.array_equal(getattr(with_it, name)["act"], getattr(without, name)["act"]), name
    assert (without.violence_averted["act"] == 0).all()
    assert with_it.violence_averted["act"][:, -1].mean() > 0


# --- files


def test_new_keys_survive_writing_and_reading_and_the_schema_knows_them():
    """Every key of this page in one file: dumped, read back, equal; editors accept it."""
    option = {
        "budget": {2026: 1e6, 2030: 5e6},
        "growth_max": "unlimited",
        "programmes": {
            "parenting": {"share": 0.5, "fixed_cost": 1e4, "growth_max": 0.3},
            "our_pilot": {"spend": 1e6, "end": 2030},
        },
    }
    scenario = question(option, pilot=PILOT, overlap="additive", reduction_cap=0.6)
    table = tomllib.loads(dump_scenario(scenario))
    assert scenario_from_table(table).model_dump() == scenario.model_dump()
    jsonschema.validate(json.loads(json.dumps(table)), scenario_json_schema())


def test_a_file_over_another_replaces_a_budget_whole_and_merges_an_option_called_budget(tmp_path):
    """Base: 2026 and 2030. Above: 2028 alone, nothing of the base is left; [options.budget] keeps its programmes."""
    option = {"budget": {2026: 1e6, 2030: 5e6}, "programmes": {"parenting": {"share": 0.5}}}
    table = tomllib.loads(dump_scenario(question(option)))
    table["options"]["budget"] = table["options"].pop("act")
    (tmp_path / "base.toml").write_text(dump_scenario(scenario_from_table(table)), encoding="utf-8")
    above = tmp_path / "above.toml"
    above.write_text('schema = 1\nextends = "base.toml"\n[options.budget]\nbudget = {2028 = 2e6}\n')
    found = read_scenario(above).options["budget"]
    assert found.budget == {2028: 2e6}
    assert found.programmes["parenting"].share == 0.5


def test_the_example_of_the_dictionary_is_accepted(evidence):
    """The budget, shares, fixed cost and growth that scenarios/README.md shows, with the limit of all programmes."""
    words = (Path(__file__).parents[1] / "scenarios" / "README.md").read_text(encoding="utf-8")
    shown = tomllib.loads(
        "[options.protect]\nbudget" + words.split("[options.protect]\nbudget")[1].split("```")[0]
    )
    limit = {"spend_growth_max": {"p1": 0.6}}
    scenario = question(shown["options"]["protect"], priors=limit)
    check_scenario(scenario, evidence)
    assert [lever.kind for lever in scenario.options["act"].programmes.values()] == [
        "share",
        "share",
        "coverage",
    ]
    assert usual_growth_max(change_priors(evidence, scenario.prior_changes, where="file")) == 0.6


def test_the_list_of_programmes_holds_those_of_a_scenario(tmp_path):
    """Its own beside those of the evidence, used or not, with whose they are; its country is taken."""
    path = tmp_path / "mine.toml"
    path.write_text(dump_scenario(question(share(parenting=0.3), pilot=PILOT)), encoding="utf-8")
    called = CliRunner().invoke(cli.app, ["programmes", "--scenario", str(path)])
    words = " ".join(called.stdout.split())
    assert called.exit_code == 0
    assert "our_pilot: our pilot" in words and "guardianship: " in words
    assert (
        "Of the scenario's author, not of the evidence. Assumption: elicited from three practitioners."
        in words
    )
    assert "1 of them of the scenario's author. Unit costs" in words
    assert "EUR 520 (300 to 900); prices of 2024; child, per year; own" in words
    both = CliRunner().invoke(cli.app, ["programmes", "--scenario", str(path), "--evidence", "mine.csv"])
    assert (both.exit_code, both.stdout) == (2, "")
    assert both.stderr.startswith("--evidence: the scenario names its evidence; leave --evidence out")
