"""Each country predicted from the others: the integral over its rate, and the weights, against slow twins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import special, stats

from costmodel.model import loo
from costmodel.model.prevalence import MASKED_MAX, count_data


@pytest.fixture(scope="module")
def data(evidence):
    return count_data(evidence)


@pytest.fixture
def shared(data):
    """Two draws of what countries share, far from any symmetry."""
    rng = np.random.default_rng(3)
    scalars = {
        "level_all_ages": np.array([-11.5, -12.0]),
        "log_detection_child": np.array([-0.4, -0.1]),
        "detection_capacity": np.array([0.7, 0.5]),
        "country_sd": np.array([1.1, 0.9]),
        "dispersion": np.array([4.0, 6.0]),
    }
    effect = {name: np.array([0.2, -0.1]) for name in data.subregions}
    walk = 0.1 * rng.normal(size=(2, len(data.subregions), data.years.size))
    return loo._Shared(scalars, effect, walk, {name: np.array([0.3, -0.3]) for name in data.regimes})


@pytest.mark.parametrize("iso3", ["NLD", "GBR", "CYP"])
def test_the_integral_over_a_rate_is_the_mean_over_its_draws(data, shared, iso3):
    """A million rates from their prior, likelihood of every count one by one: exact, masked, and after a break."""
    i = data.countries.index(iso3)
    found = loo.integrated_log_likelihood(
        shared, data, country=i, level=0.8, nodes=np.linspace(-16.0, -6.0, 2_001)
    )
    rng = np.random.default_rng(1)
    for d in range(2):
        s = {name: values[d] for name, values in shared.scalars.items()}
        effect = shared.effect[data.subregions[data.subregion_of[i]]][d]
        centre = s["level_all_ages"] + s["log_detection_child"] + effect + 0.8 * s["detection_capacity"]
        rate = rng.normal(centre, s["country_sd"], 400_000)
        log = np.zeros(rate.size)
        for row in np.flatnonzero(data.country == i):
            shift = shared.walk[d, data.subregion[row], data.year[row]]
            if data.regime[row] >= 0:
                shift += shared.breaks[data.regimes[data.regime[row]]][d]
            mean = data.children[row] * np.exp(rate + shift)
            share = s["dispersion"] / (s["dispersion"] + mean)
            if data.exact[row]:
                log += stats.nbinom.logpmf(data.registered[row], s["dispersion"], share)
            else:
                log += stats.nbinom.logcdf(MASKED_MAX, s["dispersion"], share)
        expected = special.logsumexp(log) - np.log(rate.size)
        assert found[d] == pytest.approx(expected, abs=0.15), iso3


def test_importance_sampling_takes_a_country_out(evidence):
    """A conjugate world: y_c ~ N(m, 1), m ~ N(0, 1), five countries: the density of one given the others is known."""
    y = np.array([0.3, -0.8, 1.9, 0.1, 0.6])
    rng = np.random.default_rng(0)
    mean, sd = y.sum() / (y.size + 1), 1 / np.sqrt(y.size + 1)
    shared = rng.normal(mean, sd, 40_000)
    matrix = xr.DataArray(
        stats.norm.logpdf(y[None, :], shared[:, None], 1.0)[None],
        dims=("chain", "draw", "country"),
        coords={"country": list("abcde")},
    )
    found = loo._importance(matrix).set_index("country")
    for c, name in enumerate("abcde"):
        others = np.delete(y, c)
        centre, spread = others.sum() / y.size, np.sqrt(1 + 1 / y.size)
        assert found.at[name, "elpd"] == pytest.approx(stats.norm.logpdf(y[c], centre, spread), abs=0.02)
        assert found.at[name, "pareto_k"] < loo.K_MAX


def test_a_country_left_out_leaves_no_count_and_no_estimate(evidence):
    other = loo.without_country(evidence, "GBR")
    assert "GBR" not in set(other.counts["iso3"]) and len(other.counts) < len(evidence.counts)
    assert not (other.estimates.loc[other.estimates["area"] == "GBR", "role"] == "train").any()
    assert (other.estimates.loc["mse_nld_2010_2015", "role"]) == "train"


def test_at_most_ten_countries_are_fitted_without_and_the_rest_has_no_value(evidence, monkeypatch):
    """Twelve doubtful countries: the ten with the largest k are fitted, two are left without a number."""
    places = list(count_data(evidence).countries[:14])
    table = pd.DataFrame(
        {
            "country": places,
            "elpd": -1.0,
            "pareto_k": [0.1, 0.2, *np.linspace(0.8, 1.9, 12)],
            "counts": 3,
            "estimate": False,
        }
    )
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset()})
    monkeypatch.setattr(loo, "fit_submodel", lambda *args, **kwargs: (tree, {}, ""))
    monkeypatch.setattr(loo, "_shared", lambda *args, **kwargs: None)
    monkeypatch.setattr(loo, "_nodes", lambda *args: None)
    monkeypatch.setattr(loo, "integrated_log_likelihood", lambda *args, **kwargs: np.log([0.2, 0.4]))
    found = loo.refitted_scores(table, tree, evidence, {})
    assert found["method"].value_counts().to_dict() == {"refit": 10, "importance": 2, "none": 2}
    assert found.loc[found["method"] == "refit", "elpd"].to_numpy() == pytest.approx(np.log(0.3))
    assert found.loc[found["method"] == "none", "elpd"].isna().all()
    assert (
        found.loc[found["method"] == "none", "pareto_k"].max()
        < found.loc[found["method"] == "refit", "pareto_k"].min()
    )
