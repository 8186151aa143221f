"""The sub-models together: they share no parameter, nothing that is held out is fitted, and all draws join."""

import inspect

import numpy as np
import pytest
from hand_posterior import hand_draws

from costmodel import planned_studies
from costmodel.baseline import REVICTIMISED
from costmodel.delivery import GROWTH_MAX
from costmodel.evidence.harmonise import FORMS
from costmodel.judgements import RELATIVE_INCOME
from costmodel.model.joint import BUILDERS, CARRIED, FITTED, build_model
from costmodel.model.priors import default_priors, draw
from costmodel.model.rates import OWN_ESTIMATE, REGION_ONLY
from costmodel.readings import HOPED, NO_EFFECT


@pytest.fixture(scope="module")
def priors(evidence):
    return default_priors(evidence)


@pytest.fixture(scope="module")
def models(evidence, priors):
    return build_model(evidence, priors)


def test_submodels_share_no_parameter(models):
    """So each may be fitted and stored apart: no free or observed variable has the same name in two of them."""
    seen = {}
    for name, model in models.items():
        for variable in (*model.free_RVs, *model.observed_RVs):
            assert variable.name not in seen, f"{variable.name} is in {name} and {seen.get(variable.name)}"
            seen[variable.name] = name


def test_every_variable_that_has_a_prior_row_has_its_parameters_from_there(models, priors):
    """Free variables named as a row belong to the row's module."""
    for name, model in models.items():
        for variable in model.free_RVs:
            if variable.name in priors:
                assert priors[variable.name].module == name, variable.name


def test_every_prior_row_is_used_once(models, priors):
    """A row that nothing reads would look like an assumption of the model and be none."""
    free = {variable.name for model in models.values() for variable in model.free_RVs}
    # Not variables of their own: combined into a level, error of transfer by country, weights of a Beta.
    inside = {"log_incidence_mean", "log_detection_mean", "log_transfer_error", "kappa_weight", "rho_weight"}
    inside |= {"list_effect", "list_difference", "list_interaction"}  # one variable for each table of lists
    inside |= {HOPED, NO_EFFECT}  # of the readings, drawn for each programme in the simulation
    inside |= {REVICTIMISED, RELATIVE_INCOME}  # drawn in the simulation, by name
    inside |= {GROWTH_MAX}  # a limit of money, read in the simulation where a scenario states none
    studies = inspect.getsource(planned_studies)  # of planned studies, read where one is asked about
    inside |= {name for name, prior in priors.items() if prior.module == "studies" and f'"{name}"' in studies}
    unused = set(priors) - free - set(CARRIED) - inside
    assert unused == set()
    assert not free & set(CARRIED), "what is carried forward is not fitted as well"


def test_no_holdout_is_observed(models, evidence):
    observed = {variable.name for model in models.values() for variable in model.observed_RVs}
    held_out = set(evidence.anchors.index[evidence.anchors["role"] == "holdout"])
    context = set(evidence.anchors.index[evidence.anchors["role"].isin(["context", "transfer"])])
    assert held_out
    assert not observed & (held_out | context)


def test_no_potential_hides_a_likelihood(models):
    """A Potential is invisible to prior predictive sampling and to leave-one-out."""
    assert all(not model.potentials for model in models.values())


def test_what_no_data_inform_is_drawn_by_name(priors):
    """Each carried quantity depends on its own name: the order of drawing changes nothing."""
    forward = {name: draw(priors, name, n_draws=5, seed=1) for name in CARRIED}
    backward = {name: draw(priors, name, n_draws=5, seed=1) for name in reversed(CARRIED)}
    assert all(np.array_equal(forward[name], backward[name]) for name in CARRIED)


@pytest.mark.parametrize(
    ("name", "mean"),
    [("overlap", 8 / 12), ("multi_form_share", 3 / 15), ("last_mile", 1.25), ("elasticity_services", 1.0)],
)
def test_carried_draws_have_the_mean_of_their_prior(priors, name, mean):
    """Beta(8, 4), Beta(3, 12), Uniform(0.5, 2) and Normal(1, .15): within 4 standard errors of 20,000 draws."""
    values = draw(priors, name, n_draws=20_000, seed=2)
    assert values.mean() == pytest.approx(mean, abs=4 * values.std() / np.sqrt(20_000))


def test_truncated_draws_keep_to_their_bound(priors):
    values = draw(priors, "detection_capacity", n_draws=5000, seed=1)
    assert values.size == 5000
    assert values.min() > priors["detection_capacity"].lower


def test_the_posterior_made_by_hand_has_what_a_fit_has(evidence, fitted):
    """Same variables on the same dims: what is tested on made-up draws holds for fitted ones."""
    made, found = hand_draws(evidence), fitted.draws
    assert set(made.data_vars) == set(found.data_vars)
    for name in found.data_vars:
        assert set(made[name].dims) == set(found[name].dims), name
    for name in ("form", "sex", "component", "programme", "anchor"):
        assert list(made[name].to_numpy()) == list(found[name].to_numpy()), name


def test_the_default_fit_passes_the_gate(fitted):
    """R-hat at most 1.01, ESS at least 400, no divergence, in each sub-model."""
    assert fitted.converged, fitted.diagnostics.to_string()
    assert list(fitted.diagnostics["submodel"]) == list(BUILDERS)


def test_every_country_has_incidence_detection_and_forms(evidence, fitted):
    draws = fitted.draws
    assert list(draws["country"].to_numpy()) == list(evidence.countries.index)
    for name in (
        *("log_incidence", "log_detection", "log_form_odds", "log_girl_odds"),
        *("log_definition", "log_transfer_error"),
    ):
        assert np.isfinite(draws[name].to_numpy()).all(), name
    assert (draws["log_detection"] <= np.log(0.7) + 1e-9).all()
    assert (draws["log_form_odds"].sel(form=FORMS[0]) == 0).all()


def test_estimates_of_hidden_victims_teach_and_counts_alone_hardly(fitted):
    """Posterior over prior SD of log incidence: lower with an estimate than with counts, about 1 without either."""
    draws = fitted.draws
    spread = draws["log_incidence"].std(("chain", "draw")) / draws["prior_sd_incidence"]
    label = draws["evidence_label"].to_numpy()
    ratio = {name: float(np.median(spread.to_numpy()[label == name])) for name in set(label)}
    assert ratio[OWN_ESTIMATE] < min(value for name, value in ratio.items() if name != OWN_ESTIMATE)
    assert ratio[REGION_ONLY] < 1.2


def test_fitted_names_exist(fitted):
    for module, names in FITTED.items():
        assert set(names) <= set(fitted.trees[module]["posterior"].to_dataset().data_vars)
