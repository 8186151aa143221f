"""Effects of programmes: the prior of each row recomputed from its study, and what one trial says of its outcome."""

import numpy as np
import pytest
from model_points import evaluate, log_likelihood, point
from scipy import stats

from costmodel.model.effects import TRIAL, build_effects
from costmodel.model.priors import default_priors


@pytest.fixture(scope="module")
def priors(evidence):
    return default_priors(evidence)


@pytest.fixture(scope="module")
def model(evidence, priors):
    return build_effects(evidence, priors)


def trials(evidence):
    table = evidence.effects
    return table[table["basis"] == TRIAL]


def test_the_prior_of_a_trial_is_its_effect_shrunk_for_design_and_indirectness(evidence):
    """log RR ~ Normal(kappa rho log RR_study, sqrt((kappa rho se)^2 + transfer^2)), every row to two decimals."""
    rows = trials(evidence)
    assert len(rows) >= 5
    for name, row in rows.iterrows():
        weight = row["kappa"] * row["rho"]
        sd = np.sqrt((weight * row["se_study"]) ** 2 + row["transfer_sd"] ** 2)
        assert row["prior_log_rr_mean"] == pytest.approx(weight * row["log_rr_study"], abs=0.01), name
        assert row["prior_log_rr_sd"] == pytest.approx(sd, abs=0.01), name


def test_elicited_rows_without_a_study_are_the_default_or_weaker(evidence):
    """Where nothing exists: log 0.90 with an SD of 0.15; nobody may elicit a stronger effect from nothing."""
    table = evidence.effects
    rows = table[(table["basis"] != TRIAL) & table["log_rr_study"].isna()]
    assert (rows["prior_log_rr_mean"] >= np.log(0.9) - 1e-3).all()
    assert (rows["prior_log_rr_sd"] <= 0.15 + 1e-9).all()


def test_every_draw_is_kappa_rho_theta_plus_transfer_in_the_order_of_the_table(evidence, model):
    """At a point, programme by programme: no row may get its neighbour's effect."""
    found = evaluate(model, point(model))
    for i, name in enumerate(evidence.effects.index):
        if evidence.effects.at[name, "basis"] == TRIAL:
            j = list(model.coords["trial"]).index(name)
            expected = found["kappa"][j] * found["rho"][j] * found["log_rr_trial"][j]
            expected += evidence.effects.at[name, "transfer_sd"] * found["transfer_noise"][j]
        else:
            expected = found["log_rr_elicited"][list(model.coords["elicited"]).index(name)]
        assert found["log_rr"][i] == pytest.approx(expected), name


def test_a_trial_observes_its_own_outcome_with_its_own_error(evidence, model):
    at = point(model)
    theta = evaluate(model, at)["log_rr_trial"]
    names = list(trials(evidence).index)
    found = log_likelihood(model, at, *(f"trial_{name}" for name in names))
    for j, name in enumerate(names):
        row = evidence.effects.loc[name]
        expected = stats.norm.logpdf(row["log_rr_study"], theta[j], row["se_study"])
        assert found[f"trial_{name}"] == pytest.approx(expected)


def test_only_trials_are_observed(evidence, model):
    """An elicited effect is no evidence: it has a prior and no likelihood."""
    assert {variable.name for variable in model.observed_RVs} == {
        f"trial_{name}" for name in trials(evidence).index
    }


def test_shrinkage_is_a_beta_about_the_row_with_the_weight_of_its_prior(evidence, priors, model):
    """Mean kappa, 20 pseudo-observations: Beta(20 kappa, 20 (1 - kappa)) has SD sqrt(kappa (1 - kappa) / 21)."""
    rows = trials(evidence)
    at, spread = point(model, spread=0.0), {}
    for name in ("kappa", "rho"):
        mean = rows[name].to_numpy()
        beta = stats.beta(mean * priors[f"{name}_weight"].p1, (1 - mean) * priors[f"{name}_weight"].p1)
        assert beta.mean() == pytest.approx(mean)
        assert beta.std() == pytest.approx(np.sqrt(mean * (1 - mean) / 21))
        spread[name] = beta.logpdf(evaluate(model, at)[name]).sum()
    logp = model.logp(vars=[model["kappa"], model["rho"]], sum=False, jacobian=False)
    found = model.compile_fn(logp, inputs=model.value_vars, mode="FAST_COMPILE", on_unused_input="ignore")(at)
    assert [float(np.sum(value)) for value in found] == pytest.approx([spread["kappa"], spread["rho"]])
