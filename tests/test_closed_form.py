"""The closed form of incidence and detection: against brute force over a grid, and against the sampler."""

import dataclasses

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy import stats

from costmodel.model.closed_form import (
    RATE,
    Reading,
    incidence_and_detection,
    log_rate,
    prior_moments,
    update,
)
from costmodel.model.fit import Settings, sample_posterior
from costmodel.model.prevalence import build_prevalence, capacity, count_data, hidden_estimates
from costmodel.model.priors import default_priors
from costmodel.model.rates import country_rates

Z90 = stats.norm.ppf(0.95)


def moments_on_a_grid(log_likelihood, *, mean, covariance, n=801, wide=7.0):
    """Mean and covariance of (log incidence, log detection) by summing prior x likelihood over a grid."""
    sds = np.sqrt(np.diag(covariance))
    axes = [m + wide * sd * np.linspace(-1, 1, n) for m, sd in zip(mean, sds, strict=True)]
    cells = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    log_weight = stats.multivariate_normal(mean, covariance).logpdf(cells) + log_likelihood(cells)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    centre = weight @ cells
    return centre, (cells - centre).T @ ((cells - centre) * weight[:, None])


def test_the_update_is_bayes_rule_for_two_normals():
    """Prior N((-9, -2), ...) with correlation, a rate of -10.5 +- 0.3 and an incidence of -8 +- 0.6.

    Their product is summed over 801 x 801 cells of 7 SDs to each side; the moments of a Gaussian are then exact
    but for rounding.
    """
    mean, covariance = np.array([-9.0, -2.0]), np.array([[1.2, -0.3], [-0.3, 0.8]])
    rate, incidence = Reading(-10.5, 0.3), Reading(-8.0, 0.6)

    def log_likelihood(cells):
        return stats.norm.logpdf(cells.sum(axis=1), *rate) + stats.norm.logpdf(cells[:, 0], *incidence)

    expected = moments_on_a_grid(log_likelihood, mean=mean, covariance=covariance)
    found = incidence_and_detection(mean, covariance, rate=rate, incidence=incidence)
    assert found[0] == pytest.approx(expected[0], abs=1e-8)
    assert found[1] == pytest.approx(expected[1], abs=1e-8)


def test_counts_of_ten_years_are_nearly_a_normal_reading_of_the_rate():
    """Ten years of about 200 with dispersion 4: the likelihood itself, year by year, over the same grid.

    The log of the sum has an SD of sqrt(1/2,000 + 1/40) = 0.16; medians agree within 2%, SDs within 5%.
    """
    rng, children, alpha, truth = np.random.default_rng(3), np.full(10, 2e6), 4.0, -9.2
    expected_count = np.exp(truth) * children
    counts = rng.negative_binomial(alpha, alpha / (alpha + expected_count)).astype(float)
    mean, covariance = prior_moments(log_incidence=-8, log_detection=-2, sd=1.5, incidence_share=0.6)

    def log_likelihood(cells):
        expected = np.exp(cells.sum(axis=1))[:, None] * children
        return stats.nbinom.logpmf(counts, alpha, alpha / (alpha + expected)).sum(axis=1)

    centre, spread = moments_on_a_grid(log_likelihood, mean=mean, covariance=covariance, n=401, wide=5.0)
    found = incidence_and_detection(
        mean, covariance, rate=log_rate(counts, children=children, dispersion=alpha)
    )
    assert found[0] == pytest.approx(centre, abs=0.02)
    assert np.sqrt(np.diag(found[1])) == pytest.approx(np.sqrt(np.diag(spread)), rel=0.05)
    assert np.sqrt(RATE @ found[1] @ RATE) == pytest.approx(np.sqrt(RATE @ spread @ RATE), rel=0.05)


def test_counts_narrow_the_sum_and_leave_the_split():
    """An exact rate: Var(log incidence) falls from w s^2 to w (1 - w) s^2: at w = 0.6 the SD keeps 63%."""
    mean, covariance = prior_moments(log_incidence=-9, log_detection=-2, sd=1.0, incidence_share=0.6)
    _, after = update(mean, covariance, of=RATE, reading=Reading(-10.0, 0.0))
    assert np.sqrt(after[0, 0] / covariance[0, 0]) == pytest.approx(np.sqrt(0.4))
    assert RATE @ after @ RATE == pytest.approx(0, abs=1e-12)


def test_order_of_the_evidence_does_not_matter():
    mean, covariance = prior_moments(log_incidence=-9, log_detection=-2, sd=1.0, incidence_share=0.6)
    first, second = (RATE, Reading(-10.0, 0.2)), (np.array([1.0, 0.0]), Reading(-8.5, 0.5))
    results = []
    for order in ((first, second), (second, first)):
        moments = mean, covariance
        for of, reading in order:
            moments = update(*moments, of=of, reading=reading)
        results.append(moments)
    assert results[0][0] == pytest.approx(results[1][0])
    assert results[0][1] == pytest.approx(results[1][1])


def test_without_a_registered_child_the_closed_form_refuses():
    with pytest.raises(ValueError, match="no registered child"):
        log_rate(np.zeros(3), children=np.ones(3), dispersion=4)


#: Hyperparameters held still: then countries are independent, and each is a Gaussian of two dimensions.
HELD = {
    "level_all_ages": -12.0,
    "log_detection_child": -0.4,
    "incidence_residual": 0.0,
    "subregion_sd": 0.0,
    "detection_capacity": 0.0,
    "country_sd": 1.2,
    "incidence_share": 0.6,
    "recording_walk_sd": 0.0,
    "walk_incidence_share": 0.2,
    "dispersion": 4.0,
    "carried_stock_share": 0.5,
    "duration_all_ages": 1.2,
    "mse_bias": -0.3,
    "mse_error_sd": 0.5,
}
#: A cap on detection that binds nobody.
NO_CAP = 1e9


def small_world(evidence, *, years, log_rates, seed):
    """Counts of two countries made at known rates; the Netherlands keeps its estimate."""
    rng, alpha = np.random.default_rng(seed), HELD["dispersion"]
    counts = evidence.counts
    counts = counts[counts["iso3"].isin(log_rates) & counts["year"].isin(years)].copy()
    counts["regime"] = "national"
    for name, row in counts.iterrows():
        mean = np.exp(log_rates[row.iso3]) * evidence.children.at[(row.iso3, row.year), "children"]
        counts.loc[name, ["children_low", "children_high"]] = rng.negative_binomial(
            alpha, alpha / (alpha + mean)
        )
        counts.loc[name, ["victims_low", "victims_high"]] = 4 * counts.at[name, "children_low"]
    constants = evidence.constants.copy()
    constants.loc["detection_cap", "value"] = NO_CAP
    return dataclasses.replace(
        evidence,
        countries=evidence.countries.loc[list(log_rates)],
        counts=counts,
        estimates=evidence.estimates.loc[["mse_nld_2010_2015"]],
        constants=constants,
        lists={},  # the published number, which is normal on the log scale
    )


def closed_form(iso3, world):
    """Moments of one country of the small world from its counts, and from its estimate where it has one."""
    data = count_data(world)
    found = hidden_estimates(world, data)
    priors = default_priors(world)
    incidence, detection = priors["log_incidence_mean"], priors["log_detection_mean"]
    weight = incidence.p2**2 / (incidence.p2**2 + detection.p2**2)
    log_incidence = incidence.p1 + weight * (HELD["level_all_ages"] - incidence.p1 - detection.p1)
    centre = HELD["level_all_ages"] + HELD["log_detection_child"]
    moments = prior_moments(
        log_incidence=log_incidence,
        log_detection=centre - log_incidence,
        sd=HELD["country_sd"],
        incidence_share=HELD["incidence_share"],
    )
    rows = data.country == data.countries.index(iso3)
    rate = log_rate(data.registered[rows], children=data.children[rows], dispersion=HELD["dispersion"])
    if iso3 not in {data.countries[i] for i in found.country}:
        return incidence_and_detection(*moments, rate=rate)
    window = found.window[0] + HELD["carried_stock_share"] * HELD["duration_all_ages"]
    offset = found.log_children[0] + found.log_all_per_child[0] + HELD["log_detection_child"]
    implied = found.log_total[0] - offset - np.log(window) - HELD["mse_bias"]
    sd = float(np.hypot(found.sd[0], HELD["mse_error_sd"]))
    return incidence_and_detection(*moments, rate=rate, incidence=Reading(float(implied), sd))


@pytest.mark.slow
def test_the_sampler_agrees_with_the_closed_form(evidence):
    """Two countries, ten years of counts, one estimate: medians within 5%, widths of 90% intervals within 10%.

    Hyperparameters are held, the walk and the cap are off, and countries are independent. Log incidence, log
    detection and their sum, on the natural scale for medians and on the log scale for widths.
    """
    world = small_world(
        evidence, years=range(2009, 2019), log_rates={"NLD": -10.2, "DEU": -11.6, "AUT": -12.0}, seed=7
    )
    assert capacity(world).size == 3
    model = pm.do(build_prevalence(world, default_priors(world)), HELD)
    tree, found = sample_posterior(model, settings=Settings(draws=4000, chains=2, seed=5))
    assert found["divergences"] == 0
    posterior = tree["posterior"].to_dataset()
    one = xr.ones_like(posterior["log_registered_rate"].isel(country=0, drop=True))
    rates = country_rates(posterior.assign({name: one * v for name, v in HELD.items()}), world, seed=9)
    for iso3 in world.countries.index:
        mean, covariance = closed_form(iso3, world)
        pairs = {
            "incidence": (rates["log_incidence"], np.array([1.0, 0.0])),
            "detection": (rates["log_detection"], np.array([0.0, 1.0])),
            "rate": (rates["log_incidence"] + rates["log_detection"], RATE),
        }
        for name, (draws, of) in pairs.items():
            low, mid, high = draws.sel(country=iso3).quantile([0.05, 0.5, 0.95]).to_numpy()
            assert np.exp(mid - of @ mean) == pytest.approx(1, abs=0.05), (iso3, name)
            assert high - low == pytest.approx(2 * Z90 * np.sqrt(of @ covariance @ of), rel=0.1), (iso3, name)
