"""What a number can rest on, and what a planned study measures: choices and studies on a run of made-up draws."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hand_posterior import hand_draws, hand_posterior, hand_scenario

from costmodel import driver_text, pipeline, record, selftest
from costmodel.choices import read_choice, resting_on
from costmodel.decision import explain as explaining
from costmodel.decision.power_scaling import PowerScaling
from costmodel.draws import flat
from costmodel.drivers import Drivers, drivers
from costmodel.errors import RunError
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.parameters import PRICES
from costmodel.planned_studies import read_plan, reportable_cost
from costmodel.scenario import dump_scenario
from costmodel.unit_costs import national_unit_cost

OPTIONS = {
    "reach": {"parenting": {"coverage": 0.3}},
    "money": {"parenting": {"spend": 2e6}},
}


@pytest.fixture(scope="module")
def choice(evidence, tmp_path_factory):
    """Seven years of the Netherlands, one programme given by its coverage and by its money."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selftest, "DRAWS", 100)
        scenario = hand_scenario(OPTIONS, countries=["NLD"], end=2032, discount=["zero"])
        found = pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))
    folder = tmp_path_factory.mktemp("run")
    record.write_part(dump_scenario(found.scenario), folder / "scenario.toml")
    for name in ("parameters", "parameter_sources", "programmes"):
        record.write_part(found.tables[name].to_csv(index=False), folder / "tables" / f"{name}.csv")
    record.write_draws(found.draws, folder / record.DRAWS)
    record.write_record(found.record, folder)
    return read_choice(folder)


@pytest.fixture(scope="module")
def biased(evidence):
    """Made-up draws with the fitted bias of linked lists, larger where there are more victims."""
    posterior = hand_posterior(evidence)
    many = posterior.draws["log_incidence"].sel(country="NLD", drop=True)
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset({"mse_bias": -0.3 - 0.1 * (many - many.mean())})})
    return dataclasses.replace(posterior, trees={"prevalence": tree})


def test_a_run_keeps_the_bias_of_lists_as_it_was_fitted(biased, evidence):
    """Draw by draw beside the number of victims, thinned alike, in the dictionary of parameters, with its prior."""
    scenario = hand_scenario(OPTIONS, countries=["NLD"], end=2032, discount=["zero"])
    found = pipeline.run(scenario, evidence=evidence, posterior=biased, draws=20)
    kept = found.draws["parameter_value"].sel(parameter="mse_bias")
    victims = np.log(found.draws["parameter_value"].sel(parameter="new_victims"))
    assert float(xr.corr(kept, victims)) == pytest.approx(-1, abs=1e-3)
    row = found.tables["parameters"].set_index("parameter").loc["mse_bias"]
    assert (row["group"], row["unit"]) == ("detection", "log")
    assert pipeline.estimate_bias(hand_posterior(evidence), draws=None) is None


def test_forms_and_girls_have_no_likelihood_by_country(choice):
    """Their counts are told, of the country, without a term by which they could be dropped; totals have theirs."""
    behind = choice.sources[choice.sources["table"] == "victims"].fillna("")
    of_groups = behind[behind["parameter"].isin(["share_labour", "share_sexual", "share_girls"])]
    assert not of_groups.empty
    assert set(of_groups["term"]) == {""}
    assert set(behind.loc[behind["parameter"] == "new_victims", "term"]) == {"prevalence.counts_NLD"}


def test_every_age_of_entry_is_named_behind_ages_and_time(choice):
    """Ages at entry of three forms in three brackets below the last."""
    for name in ("share_below_12", "years_in_exploitation"):
        rows = choice.sources.loc[choice.sources["parameter"] == name, "row"]
        assert rows.str.startswith("entry_rate").sum() == 9


@pytest.mark.parametrize("quantity", ["burden", "cost_of_inaction"])
def test_prices_decide_what_money_averts(choice, quantity):
    """Two millions reach fewer children the dearer the programme; three in ten children are three in ten."""
    priced = {option: set(resting_on(choice, quantity, [option])["group"]) & {PRICES} for option in OPTIONS}
    assert priced == {"reach": set(), "money": {PRICES}}


def test_a_trial_has_results_after_its_last_step(choice, evidence):
    """Four steps and a year before them: begun in 2026, its results are there in 2031; four clusters, one a step."""
    assert read_plan("trial.parenting=4:5:2031", choice, evidence).year == 2031
    with pytest.raises(RunError, match="no results before 2031"):
        read_plan("trial.parenting=4:5:2030", choice, evidence)
    with pytest.raises(RunError, match="give 4 clusters or more"):
        read_plan("trial.parenting=2:5:2031", choice, evidence)


def test_survivors_report_what_the_model_says_of_all_victims(evidence):
    """Services, health and output of eq. 31 at a detection of a fifth, where all forms and sexes cost the same."""
    draws = hand_draws(evidence)
    draws["log_unit_cost"] = draws["log_unit_cost"].isel(form=0, sex=0).broadcast_like(draws["log_unit_cost"])
    kept = [COMPONENTS.index(name) for name in ("services", "health", "output")]
    registered, hidden = (
        national_unit_cost(draws, country="NLD", evidence=evidence, status=status)[:, 0, kept].sum(axis=1)
        for status in ("registered", "undetected")
    )
    same = ("elasticity_services", "uptake_services", "uptake_health")
    narrow = flat(draws, "definition_severity") * flat(draws, "log_definition", country="NLD")
    truth = {name: flat(draws, name) for name in same} | {
        "detection": np.full(registered.shape, 0.2),
        "severity_undetected": np.exp(flat(draws, "log_severity_undetected")),
        "transfer_error": np.exp(flat(draws, "log_transfer_error", country="NLD")),
        "definition": np.exp(-narrow),
    }
    for name in COMPONENTS:
        truth[f"cost_{name}"] = np.exp(flat(draws, "log_unit_cost", component=name)[:, 0, 0])
    found = reportable_cost(truth, ["NLD"], evidence)
    assert found == pytest.approx(0.2 * registered + 0.8 * hidden)


def test_shifts_are_looked_for_on_all_draws(choice, monkeypatch):
    """The best option is that of all draws, and so is the shift at which it is not: regressions alone are thinned."""
    monkeypatch.setattr(explaining, "MOST_DRAWS", 100)
    found = drivers(choice, ["money"])
    n_draws = choice.parameters.sizes["chain"] * choice.parameters.sizes["draw"]
    assert n_draws == 200
    assert found.shifts["effective"].max() > 100


def test_without_a_shift_it_is_said_how_far_was_looked(choice):
    """No shift changes the choice: among which beliefs, and how far weights could be believed at least, is said."""
    shifts = pd.DataFrame({"changes_to": ["", ""], "shift": [np.nan, np.nan], "reached": [1.3, 3.0]})
    found = Drivers(pd.DataFrame(), pd.DataFrame(), "reach", shifts, scaling=None, untried=())
    said = driver_text.driver_notes(found, choice)["choice"]
    assert "among the 8 that swing each option most" in said
    assert "by up to 3 standard deviations" in said
    assert said.endswith("the least 1.3")


def test_a_prior_that_speaks_louder_is_told_with_what_was_not_tried(choice):
    """One belief changes nothing, of another weights fail, a third was not tried."""
    decisions = pd.DataFrame({"component": ["prior a", "prior b"], "changes": [False, pd.NA]})
    shifts = pd.DataFrame({"changes_to": [""], "shift": [np.nan], "reached": [3.0]})
    scaling = PowerScaling(pd.DataFrame(), pd.DataFrame(), decisions)
    found = Drivers(pd.DataFrame(), pd.DataFrame(), "reach", shifts, scaling, untried=("log_c",))
    said = driver_text.driver_notes(found, choice)
    assert said["louder_or_softer"] == (
        "no prior or source raised to the power 0.8 or 1.25 changes the best option, 1 left out whose weights will "
        "not do"
    )
    assert said["not_tried"].endswith(": log_c")


def test_every_prior_of_what_all_options_rest_on_is_raised_to_a_power(choice):
    """Spreads and effects of sexes that no parameter names count with the sub-models; other programmes do not."""
    names = [
        "unit_cost.between_study_sd",
        "prevalence.country_sd",
        "effects.rr_home_visiting",
        "effects.rr_parenting",
    ]
    flat_density = choice.parameters["new_victims"] * 0.0
    density = xr.Dataset(
        {
            "log_prior": flat_density.expand_dims(prior=names),
            "log_likelihood": flat_density.expand_dims(term=["effects.trial_parenting"]),
        }
    )
    run = dataclasses.replace(choice.run, draws=choice.run.draws.merge(density))
    found = drivers(dataclasses.replace(choice, run=run), ["reach"])
    tried = set(found.scaling.decisions["component"])
    assert {"prior between_study_sd", "prior country_sd", "prior rr_parenting"} <= tried
    assert found.untried == ("rr_home_visiting",)


def test_groups_beside_components_are_told_on_one_scale():
    """One component is positive and the other not: both are told without a log, and so where all are, with it."""
    rng = np.random.default_rng(1)
    draws = xr.Dataset({"a": (("chain", "draw"), rng.normal(size=(4, 100)))})
    table = pd.DataFrame(
        [{"parameter": "a", "group": "g", "label": "a", "unit": "", "mean": 0.0, "low": -1.0, "high": 1.0}]
    )
    sources = pd.DataFrame(columns=["parameter", "source", "table", "row", "term"])
    for second, log in ((np.exp(-draws.a), True), (draws.a, False)):
        parts = xr.concat([np.exp(3 * draws.a), second], "component").assign_coords(component=["x", "y"])
        found = explaining.explain(parts.sum("component"), parts, draws, dictionary=table, sources=sources)
        first = next(part for part in found.parts if part.name == "x")
        assert found.log_parts == log
        assert (first.leading[0][1] > 0.99) == log
