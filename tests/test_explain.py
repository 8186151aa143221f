"""A number taken apart: closed forms of shares, sources dropped by weights, parameters of a run by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hand_posterior import CHAINS, hand_draws, hand_scenario
from scipy import stats

from costmodel import appraisal, decision_text
from costmodel.decision.explain import Dropped, dropped_sources, explain, known_share
from costmodel.draws import flat
from costmodel.evidence.priors import default_priors
from costmodel.model.prevalence import count_data
from costmodel.model.terms import log_terms
from costmodel.parameters import GROUPS, country_weights, parameters_table, run_parameters, sources_of
from costmodel.parameters.origins import evidence_kind, rows_of
from costmodel.simulation import simulate

N_CHAINS, N_DRAWS = 4, 500
OPTIONS = {
    "prevent": {"parenting": {"coverage": 0.3}, "school_violence_prevention": {"coverage": 0.2}},
    "care": {"child_house": {"coverage": 0.3}},
}


def normal(*names, seed=1):
    """Independent standard normal draws by name."""
    rng = np.random.default_rng(seed)
    return xr.Dataset({name: (("chain", "draw"), rng.normal(size=(N_CHAINS, N_DRAWS))) for name in names})


def dictionary(groups):
    """A dictionary of parameters, each with a label and a mean."""
    rows = [
        {
            "parameter": name,
            "group": group,
            "label": name,
            "unit": "share",
            "mean": 1.0,
            "low": 0.5,
            "high": 2.0,
        }
        for group, names in groups.items()
        for name in names
    ]
    return pd.DataFrame(rows)


SOURCES = ["parameter", "source", "table", "row", "locator", "status", "says", "term", "reference"]


def behind(*rows):
    """Evidence behind parameters: (parameter, source, row, term)."""
    told = [
        (name, source, "anchors", row, "p. 1", "verified", "a cost", term, "A")
        for name, source, row, term in rows
    ]
    return pd.DataFrame(told, columns=SOURCES)


@pytest.fixture(scope="module")
def found():
    """log Y = 2 a + b: a and b take 4/5 and 1/5 of the variance of the log; c nothing."""
    draws = normal("a", "b", "c")
    quantity = np.exp(2 * draws.a + draws.b).rename("burden")
    parts = xr.concat([0.25 * quantity, 0.75 * quantity], "component").assign_coords(
        component=["health", "output"]
    )
    groups = {"large": ["a"], "small": ["b", "c"]}
    return explain(quantity, parts, draws, dictionary=dictionary(groups), sources=behind(("a", "x", "r", "")))


def test_shares_of_a_product_are_those_of_its_log(found):
    """Var(2a + b) = 5, of which 4 belong to a and 1 to b."""
    assert found.log
    assert [group.name for group in found.groups] == ["large", "small"]
    assert [group.share for group in found.groups] == pytest.approx([0.8, 0.2], abs=0.02)
    assert found.explained == pytest.approx(1.0, abs=0.01)
    assert sum(group.share for group in found.groups) == pytest.approx(found.explained)


def test_the_parameter_that_matters_stands_first_in_its_group(found):
    small = found.groups[1]
    assert [driver.name for driver in small.drivers] == ["b", "c"]
    assert small.drivers[0].share == pytest.approx(0.2, abs=0.03)
    assert abs(small.drivers[1].share) < 0.02


def test_components_share_mean_and_variance(found):
    """Both are the quantity times a number: 3/4 and 1/4 of the mean and, by covariance, of the variance."""
    assert [part.name for part in found.parts] == ["output", "health"]
    for part, share in zip(found.parts, (0.75, 0.25), strict=True):
        assert part.of_mean == pytest.approx(share)
        assert part.of_variance == pytest.approx(share)
        assert part.leading[0][0] == "large"


def test_a_quantity_of_either_sign_is_told_as_it_is():
    """Y = a - 2 b has no log; variance 5, of which a takes 1."""
    draws = normal("a", "b")
    quantity = (draws.a - 2 * draws.b).rename("net")
    groups = {"a": ["a"], "b": ["b"]}
    told = explain(
        quantity,
        quantity.expand_dims(component=["net"]),
        draws,
        dictionary=dictionary(groups),
        sources=behind(),
    )
    assert not told.log
    assert {group.name: round(group.share, 1) for group in told.groups} == {"b": 0.8, "a": 0.2}
    assert not told.weighed


def test_a_known_share_counts_what_moves_with_the_parameter():
    """b = a in every draw but for noise: to know a is to know most of Y = b."""
    draws = normal("a", "noise")
    b = (draws.a + 0.5 * draws.noise).to_numpy().ravel()
    share, error = known_share(b, draws, ["a"])
    assert share == pytest.approx(1 / 1.25, abs=max(0.02, 3 * error))


def test_a_source_is_dropped_by_its_likelihood():
    """Prior Normal(0, 1), observed 1 with SD 1: posterior Normal(1/2, 1/2). Without it the mean is 0 again: -100%."""
    rng = np.random.default_rng(3)
    draws = xr.DataArray(0.5 + math.sqrt(0.5) * rng.normal(size=(N_CHAINS, 4000)), dims=("chain", "draw"))
    likelihood = (-((1 - draws) ** 2) / 2).expand_dims(term=["unit_cost.row"])
    left = dropped_sources(draws, behind(("p", "source", "row", "unit_cost.row")), likelihood)
    assert set(left) == {"source"}
    assert left["source"].change == pytest.approx(-1.0, abs=0.15)
    assert left["source"].pareto_k < 0.7


def test_all_rows_of_a_source_are_dropped_together_and_countries_apart():
    """Two rows of one source are one piece; counts of two countries, from one source, are two."""
    draws = normal("q").q
    rows = behind(("p", "s", "one", "m.one"), ("p", "s", "two", "m.two"), ("p", "none", "three", ""))
    counts = rows.iloc[:2].assign(
        table="victims", source="unodc", row=["NLD", "BEN"], term=["c.NLD", "c.BEN"]
    )
    terms = ["m.one", "m.two", "c.NLD", "c.BEN"]
    likelihood = xr.concat([0.01 * draws] * 4, "term").assign_coords(term=terms)
    left = dropped_sources(draws, pd.concat([rows, counts]), likelihood)
    assert set(left) == {"s", "unodc (NLD)", "unodc (BEN)"}


def test_weights_that_cannot_tell_say_refit():
    """A source a hundred standard deviations strong leaves one draw with all the weight."""
    draws = normal("q").q
    likelihood = (-50 * draws**2).expand_dims(term=["m.r"])
    left = dropped_sources(draws, behind(("p", "s", "r", "m.r")), likelihood)["s"]
    assert math.isnan(left.change)
    assert "weights will not do" in decision_text.dropped_words(left)
    assert "refit" in decision_text.dropped_words(left)


def test_a_change_is_told_with_its_error():
    assert decision_text.dropped_words(Dropped(0.3, 0.1, 0.5)) == "without it 30% higher (error 10%, k 0.50)"
    assert decision_text.dropped_words(Dropped(0.2, 0.1, 0.5)).startswith(
        "without it no change beyond its error"
    )


def _parameters(evidence, countries):
    scenario = hand_scenario(OPTIONS, countries=countries)
    draws = hand_draws(evidence)
    flows = (simulate(draws, scenario, country=name, evidence=evidence) for name in countries)
    total = appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)
    return draws, total, scenario, run_parameters(total, scenario, evidence, draws, seed=0)


@pytest.fixture(scope="module")
def of_one(evidence):
    return _parameters(evidence, ["NLD"])


def test_of_one_country_a_parameter_is_the_one_of_the_posterior(evidence, of_one):
    """No averaging: new victims are incidence times children, the transfer error is its own."""
    draws, _, _, found = of_one
    by_name = {one.name: one for one in found}
    new = by_name["new_victims"].draws
    incidence = np.exp(flat(draws, "log_incidence", country="NLD"))
    assert np.ptp(new / incidence) / (new / incidence).mean() < 1e-12
    assert by_name["transfer_error"].draws == pytest.approx(
        np.exp(flat(draws, "log_transfer_error", country="NLD"))
    )
    assert by_name["rr.parenting"].draws == pytest.approx(
        np.exp(flat(draws, "log_rr", programme="parenting"))
    )


def test_parameters_are_those_that_the_options_use(of_one):
    """No programme online or on the move, none against duration: their parameters are not of this run."""
    names = {one.name for one in of_one[3]}
    assert {"rr.child_house", "unit_cost.child_house", "rr_violence.parenting", "causal_share"} <= names
    assert not {"online_share", "relative_risk_on_move", "duration_cost_share", "rr.guardianship"} & names
    assert len(names) == len(of_one[3])


def test_what_a_programme_saves_is_a_parameter(evidence):
    """Care in families saves on care in homes: a multiple of its unit cost, with the source of that."""
    scenario = hand_scenario({"shift": {"family_based_care": {"coverage": 0.3}}}, countries=["NLD"])
    draws = hand_draws(evidence)
    flows = (simulate(draws, scenario, country=name, evidence=evidence) for name in ["NLD"])
    total = appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)
    found = {one.name: one for one in run_parameters(total, scenario, evidence, draws, seed=0)}
    saving, cost = found["saving.family_based_care"], found["unit_cost.family_based_care"]
    assert (saving.draws > cost.draws).mean() > 0.9
    assert rows_of(saving.rests_on, evidence)[0]["source"].startswith("browne_2005")


def test_every_parameter_varies_and_names_its_evidence(evidence, of_one):
    """Each rests on a row that exists, with a source or a reason in words."""
    table = parameters_table(of_one[3], evidence, n_chains=CHAINS)
    sources = sources_of({one.name: one.rests_on for one in of_one[3]}, evidence)
    assert [*dict.fromkeys(table["group"])] == [group for group in GROUPS if group in set(table["group"])]
    assert (table["low"] < table["high"]).all()
    assert set(sources["parameter"]) == set(table["parameter"])
    assert (sources["says"].str.split().str.len() >= 3).all()
    assert (sources["reference"] != "").eq(sources["source"] != "assumption").all()


def test_of_two_countries_the_one_with_more_victims_times_income_weighs_more(evidence):
    draws, total, scenario, found = _parameters(evidence, ["NLD", "BEN"])
    weight = country_weights(total, scenario, evidence)
    assert sum(weight.values()) == pytest.approx(1.0)
    assert weight["NLD"] > weight["BEN"]
    error = next(one for one in found if one.name == "transfer_error").draws
    expected = sum(w * np.exp(flat(draws, "log_transfer_error", country=name)) for name, w in weight.items())
    assert error == pytest.approx(expected)


def test_the_kind_of_evidence_is_that_of_the_first_row(evidence):
    """A study before a prior is a study; an effect is a trial or a judgement; a prior says which it is."""
    assert (
        evidence_kind((("anchors", "eu_thb_2020_eu27_unit"), ("priors", "delta_sex")), evidence)
        == "studies of cost"
    )
    assert evidence_kind((("effects", "parenting"),), evidence) == "trials"
    assert evidence_kind((("effects", "guardianship"),), evidence) == "judgements"
    assert evidence_kind((("priors", "relative_risk_on_move"),), evidence) == "published values"


def test_a_country_without_counts_has_none_to_show(evidence):
    assert rows_of((("victims", "ZZZ"),), evidence) == []
    (told,) = rows_of((("victims", "NLD"),), evidence)
    assert told["term"] == "prevalence.counts_NLD"


def _tree(log_likelihood, log_prior):
    groups = {"log_likelihood": log_likelihood, "log_prior": log_prior}
    return xr.DataTree.from_dict({name: xr.Dataset(parts) for name, parts in groups.items()})


@pytest.fixture(scope="module")
def terms(evidence):
    """Densities of a made-up fit: each count of every country 1 in exact cells and 10 in masked ones."""
    draws, data = hand_draws(evidence), count_data(evidence)
    shape = tuple(draws.sizes[dim] for dim in ("chain", "draw"))

    def ones(size, value):
        return (("chain", "draw", "cell"), np.full((*shape, size), value))

    likelihood = {
        "registered": ones(int(data.exact.sum()), 1.0),
        "registered_masked": ones(int((~data.exact).sum()), 10.0),
        "mse_nld": ones(3, 2.0),
        "mse_nld_at_least": ones(1, 5.0),
    }
    renamed = {name: ((*dims[:2], f"{name}_cell"), values) for name, (dims, values) in likelihood.items()}
    prior = {"mse_bias": ones(1, -1.0), "walk_step": ones(4, -7.0)}
    tree = _tree(
        renamed, {name: ((*dims[:2], f"{name}_cell"), values) for name, (dims, values) in prior.items()}
    )
    found = log_terms(
        {"prevalence": tree}, draws, evidence, default_priors(evidence), countries=["NLD", "BEN"]
    )
    return found, data, draws


def test_counts_are_told_apart_by_country(terms):
    """1 for each exact count of the country and 10 for each masked one; all of them are the rest besides."""
    found, data, _ = terms
    for name in ("NLD", "BEN"):
        mine = data.country == data.countries.index(name)
        expected = (mine & data.exact).sum() + 10 * (mine & ~data.exact).sum()
        assert (found["log_likelihood"].sel(term=f"prevalence.counts_{name}") == expected).all()
    whole = data.exact.sum() + 10 * (~data.exact).sum() + 3 * 2 + 5
    assert (found["log_likelihood"].sel(term="prevalence.all") == whole).all()


def test_an_estimate_with_its_lists_is_one_piece(terms):
    """Its cells, 3 times 2, and the bound that its lists set, 5."""
    found = terms[0]["log_likelihood"]
    assert (found.sel(term="prevalence.mse_nld") == 11).all()
    assert not any("at_least" in str(name) for name in found["term"].to_numpy())


def test_beliefs_have_a_prior_and_deviations_have_none(terms, evidence):
    """A sampled one as the fit kept it; one that no data inform from its density; a step of a walk is no belief."""
    found, _, draws = terms
    known = {str(name) for name in found["log_prior"]["prior"].to_numpy()}
    assert {"prevalence.mse_bias", "effects.overlap", "unit_cost.log_transfer_error_NLD"} <= known
    assert "prevalence.walk_step" not in known
    prior = default_priors(evidence)["elasticity_services"]
    expected = stats.norm(prior.p1, prior.p2).logpdf(draws["elasticity_services"].to_numpy())
    held = found["log_prior"].sel(prior="unit_cost.elasticity_services")
    assert held.to_numpy() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("groups", [["posterior"], ["posterior", "log_likelihood", "log_prior"]])
def test_a_submodel_that_observes_nothing_has_no_piece(evidence, groups):
    """One of one's own may be beliefs alone: no likelihood, or an empty one, and no density of it."""
    bare = xr.DataTree.from_dict({name: xr.Dataset() for name in groups})
    found = log_terms(
        {"effects": bare}, hand_draws(evidence), evidence, default_priors(evidence), countries=["NLD"]
    )
    assert "log_likelihood" not in found
    assert "unit_cost.elasticity_services" in found["log_prior"]["prior"].to_numpy()


def test_draws_that_were_brought_have_no_densities(evidence):
    assert not log_terms({}, hand_draws(evidence), evidence, default_priors(evidence), countries=["NLD"])
