"""What is compared for speed is one model: the naive form of the prevalence sub-model has the same posterior."""

import numpy as np
import pytest
from model_points import evaluate, point
from naive_prevalence import build_naive
from scipy import stats

from costmodel.evidence import harmonise
from costmodel.model.prevalence import build_prevalence, capacity
from costmodel.model.priors import default_priors


@pytest.fixture(scope="module")
def forms(evidence):
    """The package's model and the naive one."""
    return build_prevalence(evidence, default_priors(evidence)), build_naive(
        evidence, default_priors(evidence)
    )


def log_density(model, at):
    """Log density of parameters and data over the parameters as they are meant, not as the sampler moves them."""
    terms = model.compile_fn(  # added up here: the plain mode adds no more than 32 numbers at once
        model.logp(jacobian=False, sum=False),
        inputs=model.value_vars,
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    return float(sum(np.sum(term) for term in terms(at)))


def translated(package, values, at, *, priors, log_cap):
    """The package's point that means the same as a point of the naive form, at which these are the values."""
    first, second = priors["log_incidence_mean"], priors["log_detection_mean"]
    weight = first.p2**2 / (first.p2**2 + second.p2**2)
    centre = first.p1 + weight * (values["level_all_ages"] - first.p1 - second.p1)
    own = [package.coords["country"].index(name) for name in package.coords["place"]]
    rate, incidence = values["log_registered_rate"], values["log_incidence_place"][own]
    return {name: at[name] for name in package.initial_point() if name in at} | {
        "level_all_ages": np.array(values["level_all_ages"]),
        "incidence_residual": np.array(
            (values["log_incidence_mean"] - centre) / (first.p2 * np.sqrt(1 - weight))
        ),
        "log_registered_rate": rate,
        "log_incidence_place_interval__": np.log(incidence - (rate[own] - log_cap)),
    }


def log_split(package, values, *, evidence, log_cap):
    """Log density of incidence given its rate, cut at the cap, of the countries that the package draws afterwards."""
    countries = list(package.coords["country"])
    later = [i for i, name in enumerate(countries) if name not in package.coords["place"]]
    subregion = [
        package.coords["subregion"].index(evidence.countries.at[name, "subregion"]) for name in countries
    ]
    incidence_centre = values["log_incidence_mean"] + values["subregion_effect"][subregion]
    detection_centre = values["level_all_ages"] - values["log_incidence_mean"] + values["log_detection_child"]
    detection_centre = (
        detection_centre + values["detection_capacity"] * capacity(evidence)[countries].to_numpy()
    )
    rate, share = values["log_registered_rate"], values["incidence_share"]
    mean = incidence_centre + share * (rate - incidence_centre - detection_centre)
    spread = values["country_sd"] * np.sqrt(share * (1 - share))
    lower = (rate - log_cap - mean) / spread
    found = stats.truncnorm.logpdf(values["log_incidence_place"], lower, np.inf, loc=mean, scale=spread)
    return found[later].sum()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_forms_have_one_posterior(evidence, forms, seed):
    """At any point, the naive log density is the package's, the split of countries drawn afterwards, and a constant.

    The constant is the Jacobian of (incidence, detection) -> (level, residual) of the mean: 1 / (s_l sqrt(1 - w)).
    The Jacobian of (log incidence, log detection) -> (log incidence, their sum) of a country is 1.
    """
    package, naive = forms
    priors, log_cap = default_priors(evidence), float(np.log(harmonise.constant(evidence, "detection_cap")))
    at = point(naive, seed=seed)
    values = evaluate(naive, at)
    same = translated(package, values, at, priors=priors, log_cap=log_cap)
    first, second = priors["log_incidence_mean"], priors["log_detection_mean"]
    jacobian = -np.log(first.p2 * second.p2 / np.hypot(first.p2, second.p2))
    split = log_split(package, values, evidence=evidence, log_cap=log_cap)
    assert log_density(naive, at) == pytest.approx(log_density(package, same) + split + jacobian, rel=1e-9)
