"""Recovery of known truth: worlds made at known parameters are fitted, and the truth must be found as often as said.

The worlds are not those of the calibration: another seed, and tests of what an economist asks, whether 90%
intervals hold the truth nine times in ten and whether estimates lie to one side of it.
"""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from costmodel.model.calibration import (
    SETTINGS,
    calibrate,
    open_data,
    prior_predictive,
    small_priors,
    small_world,
)
from costmodel.model.prevalence import build_prevalence, count_data, hidden_estimates
from costmodel.model.priors import default_priors

WORLDS = 60
#: Chance that the test fails for one sub-model though nothing is wrong, shared among its quantities and both checks.
ALARM = 0.01
KEY = {
    "prevalence": (
        *("log_incidence_mean", "level_all_ages", "log_detection_child", "country_sd", "dispersion"),
        *("incidence_share", "recording_walk_sd", "mse_bias", "duration_all_ages"),
        *("log_registered[DEU]", "log_registered[AUS]", "log_registered[ISL]"),
        *("log_incidence[NLD]", "log_incidence[DEU]", "log_incidence[ISL]", "log_detection[SRB]"),
    ),
    "unit_cost": (
        *("log_total_maltreatment", "log_qalys_maltreatment", "log_severity_trafficking", "between_study_sd"),
        *("log_severity_csa", "years_quality", "value_of_qaly_us"),
        *("log_unit_cost[output, sexual, female]", "log_unit_cost[quality, labour, male]"),
        *("log_unit_cost[services, other, female]", "log_unit_cost[law, sexual, male]"),
    ),
    "violence": (
        *("log_daly_share_mean", "violence_country_sd", "log_productivity_ratio", "log_services_ratio"),
        *("log_daly_share[AUS]", "log_daly_share[NGA]", "log_daly_share[NLD]"),
    ),
}


@pytest.fixture(scope="module")
def world(evidence):
    return small_world(evidence)


@pytest.fixture(scope="module")
def priors(evidence):
    return small_priors(default_priors(evidence))


def test_counts_and_estimates_written_into_the_tables_are_what_the_model_observes(world, priors):
    """Drawn from the model, written as rows of victims.csv and estimates.csv, read back: the same observations."""
    model = build_prevalence(world, priors)
    observed = open_data(model)
    _, drawn = prior_predictive(model, observed, n_draws=3, seed=3)
    drawn = {name: values[-1] for name, values in drawn.items()}  # every window has a registered child
    counts, estimates = world.counts.copy(), world.estimates.copy()
    usable = counts.dropna(subset=["children_low", "children_high"]).sort_values(["iso3", "year"])
    exact = usable.index[usable["children_low"] == usable["children_high"]]
    for column in ("children_low", "children_high"):
        counts.loc[exact, column] = drawn["registered"].astype(float)
    found = hidden_estimates(world, count_data(world))
    for name, log_total in zip(found.ids, found.log_total, strict=True):
        factor = np.exp(float(drawn[name]) - log_total)
        estimates.loc[name, ["value", "low", "high"]] = factor * estimates.loc[name, ["value", "low", "high"]]
    again = dataclasses.replace(world, counts=counts, estimates=estimates)
    data = count_data(again)
    assert np.array_equal(data.registered[data.exact], drawn["registered"])
    totals = dict(zip(found.ids, hidden_estimates(again, data).log_total, strict=True))
    assert totals == pytest.approx({name: float(drawn[name]) for name in found.ids})


@pytest.mark.slow
@pytest.mark.parametrize("name", KEY)
def test_the_truth_is_found_as_often_as_said_and_on_neither_side(name, world, priors):
    """60 worlds: hits of a 90% interval are Binomial(60, 0.9); the mean z-score is 0 within its own error.

    The chance of an alarm is shared among the quantities and the two checks (Bonferroni), as they depend on each
    other.
    """
    settings = dataclasses.replace(SETTINGS, seed=SETTINGS.seed + 1_000_000)
    found = calibrate(name, world, priors, replicates=WORLDS, settings=settings, quiet=False)
    each = ALARM / (2 * len(KEY[name]))
    least, most = stats.binom.ppf([each / 2, 1 - each / 2], WORLDS, 0.9)
    hits = ((found.ranks >= 5) & (found.ranks < 95)).sum()
    z = found.scores.mean() / (found.scores.std() / np.sqrt(WORLDS))
    for quantity in KEY[name]:
        assert least <= hits[quantity] <= most, quantity
        assert abs(z[quantity]) < stats.t.ppf(1 - each / 2, WORLDS - 1), quantity
