"""Three readings of the effects: what each changes, what none of them touches, and what is said of them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hand_posterior import CHAINS, COUNTRIES, N_DRAWS, hand_draws, hand_scenario

from costmodel import appraisal, readings, results, verdict
from costmodel.errors import EvidenceError
from costmodel.evidence.priors import default_priors, merge_priors, with_priors
from costmodel.model.joint import BUILDERS
from costmodel.programme_inputs import Programme
from costmodel.readings import ENTHUSIAST, EVIDENCE, HOPED, NO_EFFECT, READINGS, SCEPTICAL, under
from costmodel.simulation import simulate

OPTIONS = {
    "nothing": {},
    "prevent": {"parenting": {"coverage": 0.3}, "school_violence_prevention": {"coverage": 0.2}},
    "disrupt": {"specialised_enforcement": {"coverage": 0.5}},
}


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(OPTIONS, end=2029)


@pytest.fixture(scope="module")
def flows(evidence, scenario):
    draws = hand_draws(evidence)
    return [simulate(draws, scenario, country=name, evidence=evidence) for name in COUNTRIES]


@pytest.fixture(scope="module")
def total(flows, evidence, scenario):
    return appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)


@pytest.fixture(scope="module")
def table(total, evidence, scenario):
    headline = results.headline_table(total, scenario, evidence)
    return results.readings_table(headline, total, scenario, evidence)


def seen(programme, reading, evidence, seed=1):
    return readings.read_programme(programme, reading=reading, priors=default_priors(evidence), seed=seed)


@pytest.fixture
def programme():
    """Relative risks that no other reading has, on many draws."""
    rr = np.linspace(0.2, 0.4, 40_000)
    blank = {field.name: None for field in dataclasses.fields(Programme)}
    return Programme(**{**blank, "id": "made_up", "rr": rr, "rr_violence": rr + 0.5})


def test_the_sceptic_sees_nothing_in_half_of_the_draws_and_the_evidence_in_the_others(evidence, programme):
    """40,000 tosses of a fair coin: a share of one half within four standard errors of 0.0025."""
    found = seen(programme, SCEPTICAL, evidence)
    nothing = found.rr == 1
    assert nothing.mean() == pytest.approx(0.5, abs=0.01)
    assert np.array_equal(found.rr[~nothing], programme.rr[~nothing])


def test_what_does_nothing_does_nothing_to_other_violence_either(evidence, programme):
    found = seen(programme, SCEPTICAL, evidence)
    assert np.array_equal(found.rr == 1, found.rr_violence == 1)
    assert np.array_equal(found.rr_violence[found.rr < 1], programme.rr_violence[found.rr < 1])


def test_the_enthusiast_prevents_a_quarter_whatever_the_evidence_says(evidence, programme):
    """log RR ~ Normal(log 0.75, 0.20): mean and SD of 40,000 draws within four standard errors."""
    found = seen(programme, ENTHUSIAST, evidence)
    assert np.log(found.rr).mean() == pytest.approx(np.log(0.75), abs=0.004)
    assert np.log(found.rr).std() == pytest.approx(0.20, abs=0.003)
    assert found.rr_violence is programme.rr_violence, "the trial measured it: nothing to hope for"


def test_readings_are_drawn_by_name(evidence, programme):
    """Another programme tosses another coin; the same one the same, whatever else is in the scenario."""
    other = dataclasses.replace(programme, id="another")
    for reading in (SCEPTICAL, ENTHUSIAST):
        again = seen(programme, reading, evidence).rr
        assert np.array_equal(seen(programme, reading, evidence).rr, again)
        assert not np.array_equal(seen(other, reading, evidence).rr, again)
        assert not np.array_equal(seen(programme, reading, evidence, seed=2).rr, again)


def test_a_prior_of_the_readings_can_be_changed_and_fits_nothing_anew(evidence, programme):
    """Three quarters of sceptical draws at 1; no sub-model reads these priors."""
    changed = with_priors(evidence, merge_priors(default_priors(evidence), {NO_EFFECT: {"p1": 0.75}}))
    assert (seen(programme, SCEPTICAL, changed).rr == 1).mean() == pytest.approx(0.75, abs=0.01)
    assert {default_priors(evidence)[name].module for name in (NO_EFFECT, HOPED)}.isdisjoint(BUILDERS)


def test_a_probability_above_one_is_refused(evidence):
    with pytest.raises(EvidenceError) as refused:
        merge_priors(default_priors(evidence), {NO_EFFECT: {"p1": 1.5}})
    assert str(refused.value) == "priors.sceptical_no_effect.p1: a share is at most 1, not 1.5"


def test_the_evidence_based_reading_is_the_headline(table, total, evidence, scenario):
    """Every number of it is a number of the headline table."""
    headline = results.headline_table(total, scenario, evidence)
    labels = ["option", "discount", "perspective", "scope", "quantity"]
    both = table[table["reading"] == EVIDENCE].merge(headline, on=labels)
    assert len(both) == (table["reading"] == EVIDENCE).sum() > 0
    for name in ("mean", "low", "mid", "high", "mcse"):
        assert np.array_equal(both[f"{name}_x"], both[f"{name}_y"]), name


def test_all_three_readings_stand_in_the_table_for_every_option_and_quantity(table, scenario):
    counts = table.groupby(["option", "discount", "perspective", "scope", "quantity"])["reading"].nunique()
    assert (counts == len(READINGS)).all()
    assert set(table["option"]) == set(scenario.options) - {scenario.comparator}


def test_readings_differ_by_effects_alone(flows):
    """Spend by children reached, and victims under the comparator, are the same to the last digit."""
    for one in flows:
        for reading in READINGS:
            for option in ("nothing", "prevent", "disrupt"):
                assert np.array_equal(one.spend[under(option, reading=reading)], one.spend[option])
            inaction = under("inaction", reading=reading)
            assert np.array_equal(one.new_victims[inaction], one.new_victims["inaction"])


def test_sceptical_victims_are_those_of_inaction_or_of_the_evidence(flows):
    """One programme: in each draw it works as the evidence says or not at all, and both happen."""
    for one in flows:
        doubted = one.new_victims[under("disrupt", reading=SCEPTICAL)]
        idle = (doubted == one.new_victims["inaction"]).all(axis=1)
        works = (doubted == one.new_victims["disrupt"]).all(axis=1)
        assert (idle | works).all()
        assert 0 < idle.sum() < N_DRAWS


def test_null_options_cost_exactly_nothing_under_every_reading(table):
    null = table[(table["option"] == "nothing") & (table["quantity"] != "benefit_cost_ratio")]
    assert (null[["mean", "low", "mid", "high", "mcse"]] == 0).all(axis=None)


def nets(**means):
    """A table of readings with the net benefits given: option -> mean under each reading."""
    rows = [
        {
            "option": option,
            "reading": reading,
            "discount": "eu_3",
            "perspective": "societal",
            "scope": "trafficking",
            "quantity": "net_benefit",
            "mean": mean,
            "mcse": 1.0,
        }
        for option, values in means.items()
        for reading, mean in zip(READINGS, values, strict=True)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("means", "said"),
    [
        (
            {"a": (50, 20, 90), "b": (10, 5, 30)},
            "The decision is the same under all three readings of the effects (evidence-based, sceptical, enthusiast): "
            "“A” has the largest expected net benefit, which is above zero.",
        ),
        (
            {"a": (-50, -60, -9)},
            "The decision is the same under all three readings of the effects (evidence-based, sceptical, enthusiast): "
            "the expected net benefit of “A” is below zero.",
        ),
        (
            {"a": (50, 20, 30), "b": (10, 5, 90)},
            "The decision changes with the reading of the effects: the largest expected net benefit is that of “A” "
            "under the evidence-based and the sceptical readings, that of “B” under the enthusiast reading.",
        ),
        (
            {"a": (50, 20, 90), "b": (10, -5, 1)},
            "The decision changes with the reading of the effects: “A” has the largest expected net benefit under all "
            "three; the expected net benefit of “B” is above zero under the evidence-based reading, below zero under "
            "the sceptical reading, about zero under the enthusiast reading.",
        ),
    ],
)
def test_the_verdict_says_what_changes_between_readings(means, said):
    """Monte Carlo error 1 throughout: a mean of 1 lies within two errors of zero and has no sign."""
    titles = {key: key.upper() for key in means}
    assert verdict.decision(nets(**means), titles=titles, discount="eu_3") == said


def test_options_that_lose_in_a_third_of_the_draws_are_named(table, total, evidence, scenario):
    """Each such option and no other, with its share; the option that does nothing loses nothing."""
    headline = results.headline_table(total, scenario, evidence)
    titles = {key: key for key in ("nothing", "prevent", "disrupt")}
    said = verdict.losing(headline, titles=titles, discount="eu_3")
    for option in ("prevent", "disrupt"):
        gain = appraisal.benefit(
            total, option=option, preset="eu_3", comparator="inaction", scope="trafficking", public=None
        )
        paid = appraisal.extra_spend(total, option=option, preset="eu_3", comparator="inaction", fiscal=False)
        assert (f"“{option}”" in said) == (np.mean(gain <= paid) >= 1 / 3)
    assert "“prevent”" in said
    assert "nothing" not in said
