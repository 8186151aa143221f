"""Value of a study: against the Gaussian closed form, laws of its size, and what each design would report."""

from __future__ import annotations

import numpy as np
import pytest
from voi_cases import against_nothing, loss

from costmodel.decision.evsi import (
    Study,
    cost_survey,
    evsi,
    list_linkage,
    prevalence_survey,
    stepped_wedge,
    stepped_wedge_error,
    study_price,
)
from costmodel.decision.voi import evppi

SURVEY = {"design_effect": 2.0, "reporting": 0.5, "false_positive": 0.0}
TRIAL = {"clusters": 40, "children": 1000, "steps": 4, "years": 1.0, "icc": 0.001, "reporting": 0.1}


def rng(seed=1):
    return np.random.default_rng(seed)


def gaussian(n_draws, seed, *, sizes):
    """Gain 0.3 + x, and means of 1, 4, ... observations of x with standard deviation 2, all of one noise."""
    x, noise = rng(seed).normal(size=(2, n_draws))
    studies = {str(n): Study(x + 2 * noise / np.sqrt(n), price=0, remaining=1) for n in sizes}
    return against_nothing(0.3 + x), studies


def closed_form(n):
    """E[max(0.3 + m, 0)] - 0.3, where E[x | data] = m has the standard deviation 1 / sqrt(1 + 4 / n)."""
    sd = 1 / np.sqrt(1 + 4 / n)
    return sd * loss(0.3 / sd)


@pytest.mark.parametrize("n", [1, 4, 100])
def test_the_gaussian_closed_form_is_within_two_standard_errors(n):
    """In nine of ten seeds or more."""
    hits = []
    for seed in range(20):
        net_benefit, studies = gaussian(1000, seed, sizes=[n])
        found = evsi(net_benefit, studies).iloc[0]
        hits.append(abs(found.evsi - closed_form(n)) <= 2 * found.standard_error)
    assert np.mean(hits) >= 0.9


def test_a_larger_study_is_worth_more_until_it_is_worth_knowing():
    """Means of 1, 4, 25, 400 and a million observations of one noise; the last is x itself."""
    net_benefit, studies = gaussian(2000, 1, sizes=[1, 4, 25, 400, 10**6])
    found = evsi(net_benefit, studies).evsi.to_numpy()
    assert (np.diff(found) > 0).all()
    x = net_benefit[:, 1]
    assert found[-1] == pytest.approx(evppi(net_benefit, {"x": x}).evppi[0], rel=0.01)


def test_what_is_left_of_a_study_after_its_price():
    """Half of the value is still to come; 100 fixed and 2 for each of 50 make 200."""
    net_benefit, studies = gaussian(500, 1, sizes=[4])
    plain = evsi(1000 * net_benefit, studies).iloc[0]
    price = study_price(50, fixed=100, per_unit=2)
    found = evsi(1000 * net_benefit, {"4": Study(studies["4"].result, price=price, remaining=0.5)}).iloc[0]
    assert found.enbs == pytest.approx(plain.evsi / 2 - 200)
    assert found.enbs_error == pytest.approx(plain.standard_error / 2)
    assert found.evsi == plain.evsi


def test_a_study_that_says_nothing_costs_its_price():
    """Noise is worth 0 within its error, so that what is left is the price below 0."""
    net_benefit, _ = gaussian(1000, 1, sizes=[])
    found = evsi(net_benefit, {"noise": Study(rng(9).normal(size=1000), price=10, remaining=1)}).iloc[0]
    assert found.enbs == pytest.approx(-10, abs=2 * found.enbs_error)


def test_a_survey_counts_those_who_tell():
    """10,000 children, 2% in a year, half tell: 100, with twice the binomial variance of 99."""
    count = prevalence_survey(np.full(20_000, -np.log(0.98)), n_children=10_000, rng=rng(), **SURVEY)
    assert count.mean() == pytest.approx(100, rel=0.01)
    assert count.var() == pytest.approx(198, rel=0.05)


def test_a_survey_of_false_answers_counts_them():
    """Nobody is a victim, and one in a hundred is counted as one; with no false answers nobody is."""
    none = np.zeros(5000)
    assert prevalence_survey(none, n_children=1000, rng=rng(), **SURVEY).max() == 0
    found = prevalence_survey(none, n_children=1000, rng=rng(), **(SURVEY | {"false_positive": 0.01}))
    assert found.mean() == pytest.approx(10, rel=0.05)


def test_not_knowing_who_tells_caps_what_a_larger_survey_is_worth():
    """Logs of incidence and reporting with sd 0.5 each: half of the variance is all that children can say."""
    log_incidence, log_reporting = rng().normal(scale=0.5, size=(2, 3000))
    net_benefit = against_nothing(log_incidence)
    honest, doubtful = (
        Study(
            prevalence_survey(
                0.02 * np.exp(log_incidence),
                n_children=10**6,
                design_effect=2.0,
                reporting=reporting,
                false_positive=0.0,
                rng=rng(3),
            ),
            price=0,
            remaining=1,
        )
        for reporting in (0.1, 0.1 * np.exp(log_reporting))
    )
    found = evsi(net_benefit, {"honest": honest, "doubtful": doubtful}).evsi
    assert found[0] == pytest.approx(0.5 * loss(0), rel=0.1)
    assert found[1] == pytest.approx(0.5 * np.sqrt(0.5) * loss(0), rel=0.15)


def test_more_linked_lists_lower_the_error_to_a_floor():
    """0.4 at 100 persons is 0.2 at 400, and hypot(0.2, 0.5) with the spread between studies; bias shifts the log."""
    found = list_linkage(
        np.full(20_000, 1000.0),
        n_registered=400,
        relative_error=0.4,
        at_registered=100,
        bias=-0.3,
        between_study_sd=0.5,
        rng=rng(),
    )
    assert found.mean() == pytest.approx(np.log(1000) - 0.3, abs=0.02)
    assert found.std() == pytest.approx(np.hypot(0.2, 0.5), rel=0.02)


def test_a_survey_of_costs_has_the_error_of_a_log_normal_mean():
    """sd of logs 1: sqrt((e - 1) / n) = 0.131 at 100 survivors; those who can be asked cost e^0.2 as much."""
    found = cost_survey(
        np.full(20_000, 5.0), n_survivors=100, between_survivor_sd=1.0, selection=0.2, rng=rng()
    )
    assert found.mean() == pytest.approx(np.log(5) + 0.2, abs=0.01)
    assert found.std() == pytest.approx(np.sqrt((np.e - 1) / 100), rel=0.02)


def least_squares_error(*, clusters, steps, period, cluster):
    """The slow twin: generalised least squares with an effect of each period, the matrices written out."""
    periods = steps + 1
    rows = [(i, t) for i in range(clusters) for t in range(periods)]
    design = np.zeros((len(rows), periods + 1))
    covariance = np.zeros((len(rows), len(rows)))
    for a, (i, t) in enumerate(rows):
        design[a, t] = 1
        design[a, periods] = t > i * steps // clusters
        for b, (j, u) in enumerate(rows):
            covariance[a, b] = cluster * (i == j) + period * (i == j and t == u)
    return np.sqrt(np.linalg.inv(design.T @ np.linalg.solve(covariance, design))[-1, -1])


@pytest.mark.parametrize("icc", [0.0, 0.02])
def test_the_error_of_a_stepped_wedge_is_that_of_its_least_squares(icc):
    """Three steps of seven clusters, two or three a step; 10% found, so that the odds of not being are 9."""
    error = stepped_wedge_error(
        [-np.log(0.8)], clusters=7, children=50, steps=3, years=1.0, icc=icc, reporting=0.5
    )
    twin = least_squares_error(clusters=7, steps=3, period=9 * (1 - icc) / 50, cluster=9 * icc)
    assert error == pytest.approx(twin)


def test_a_trial_of_a_rare_outcome_says_next_to_nothing():
    """Its error falls with the root of the cases: a hundredth of them, ten times the error."""
    rare, common = stepped_wedge_error([0.0005, 0.05], **(TRIAL | {"icc": 0.0}))
    assert rare / common == pytest.approx(10, rel=0.05)
    log_rr = rng().normal(-0.2, 0.3, size=2000)
    studies = {
        name: Study(
            stepped_wedge(log_rr, incidence=np.full(2000, rate), rng=rng(2), **TRIAL), price=0, remaining=1
        )
        for name, rate in {"rare": 0.0005, "common": 0.5}.items()
    }
    found = evsi(against_nothing(-log_rr - 0.2), studies)
    assert found.evsi[1] > 3 * max(found.evsi[0], 0)


def test_a_trial_reports_its_effect_and_its_cases():
    """Before clusters begin: 10 clusters wait for 4, 3, 2 and 1 periods: 100 x 1,000 x 0.05 x 0.1 = 488 cases."""
    found = stepped_wedge(np.full(4000, -0.7), incidence=np.full(4000, 0.05), rng=rng(), **TRIAL)
    error = stepped_wedge_error([0.05], **TRIAL)
    assert found[:, 0].mean() == pytest.approx(-0.7, abs=0.01)
    assert found[:, 0].std() == pytest.approx(error[0], rel=0.05)
    assert np.expm1(found[:, 1]).mean() == pytest.approx(100_000 * -np.expm1(-0.05) * 0.1, rel=0.01)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda: prevalence_survey([0.1], n_children=10, rng=rng(), **(SURVEY | {"design_effect": 20})),
            "from 1 to",
        ),
        (lambda: prevalence_survey([0.1], n_children=0, rng=rng(), **SURVEY), "n_children is 0; a study has"),
        (lambda: stepped_wedge_error([0.1], **(TRIAL | {"clusters": 3})), "3 clusters, 4 steps"),
        (lambda: stepped_wedge_error([0.1], **(TRIAL | {"icc": 1.0})), "an icc from 0 to below 1"),
        (
            lambda: evsi(np.zeros((200, 2)), {"s": Study(np.zeros(100), 1, 1)}),
            "one for each of the 200 draws",
        ),
        (
            lambda: evsi(np.zeros((200, 2)), {"s": Study(np.zeros(200), 1, 2)}),
            "study 's': remaining is a share",
        ),
        (lambda: evsi(np.zeros((200, 2)), {"s": Study(np.zeros(200), -1, 1)}), "a price is not below 0"),
    ],
)
def test_a_study_that_cannot_be_is_refused_in_words(act, message):
    """Where, what is wrong and what to do."""
    with pytest.raises(ValueError, match=message):
        act()
