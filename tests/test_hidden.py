"""Multiple systems estimation: by hand, against slow twins, and against the published numbers of seven tables."""

from __future__ import annotations

import csv
import itertools
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, special, stats

from costmodel.errors import EvidenceError
from costmodel.evidence.lists import CaptureTable, all_patterns, read_lists, shown_count
from costmodel.evidence.priors import default_priors
from costmodel.evidence.register import DATA
from costmodel.figures import ENGINE_WORDS
from costmodel.hidden import bayes_loglinear as bayes
from costmodel.hidden import decomposable as graphs
from costmodel.hidden import latent_class as latent
from costmodel.hidden.bayes_loglinear import bayes_loglinear
from costmodel.hidden.checks import check_lists, triangles
from costmodel.hidden.decomposable import decomposable
from costmodel.hidden.engine import EngineFit, completed
from costmodel.hidden.independence import independence
from costmodel.hidden.latent_class import latent_class
from costmodel.hidden.poisson import fit_loglinear, overlaps
from costmodel.hidden.stepwise import choose_pairs, stepwise
from costmodel.hidden.together import (
    ENGINES,
    chosen_engines,
    corrected_total,
    estimate_hidden,
    leave_one_list_out,
    mix,
    stacking_weights,
)
from costmodel.hidden_verbs import EngineName

HERE = Path(__file__).parent / "data"
FOLDERS = (DATA / "mse", HERE / "mse")
with (HERE / "mse" / "published.csv").open(encoding="utf-8") as file:
    PUBLISHED = list(csv.DictReader(file))
LEVEL = 0.95


def lists(name: str) -> CaptureTable:
    """A table by name, the package's or one that only tests use."""
    return read_lists(next(path for folder in FOLDERS if (path := folder / f"{name}.csv").exists()))


def published(engine: str, how: str = "") -> list[tuple[str, float, float, float]]:
    """Name of the table, estimate and 95% interval of the published rows of an engine."""
    return [
        (row["lists"], *(float(row[key]) for key in ("estimate", "low", "high")))
        for row in PUBLISHED
        if row["engine"] == engine and how in row["how"]
    ]


def small(counts: list[int], *, most: list[int] | None = None) -> CaptureTable:
    """A table made by hand: lists A, B, ... with counts in the order of `all_patterns`."""
    n_lists = int(math.log2(len(counts) + 1))
    low = np.array(counts)
    return CaptureTable(
        "by hand", tuple("ABCDEF"[:n_lists]), all_patterns(n_lists), low, np.array(most or low)
    )


# By hand


def test_two_independent_lists_are_lincoln_and_petersen():
    """40 + 10 on A, 20 + 10 on B, 10 on both: 50 x 30 / 10 = 150 persons."""
    fit = independence(small([40, 20, 10]))
    assert fit.estimate == pytest.approx(150)
    assert fit.converged


def test_the_interval_of_independence_is_that_of_the_intercept():
    """Two lists: the variance of log(40 x 20 / 10) is 1/40 + 1/20 + 1/10 by the delta method."""
    fit = independence(small([40, 20, 10]))
    spread = stats.norm.ppf(0.975) * math.sqrt(1 / 40 + 1 / 20 + 1 / 10)
    low, high = fit.interval(LEVEL)
    assert low == pytest.approx(70 + 80 * math.exp(-spread), rel=1e-3)
    assert high == pytest.approx(70 + 80 * math.exp(spread), rel=1e-3)


def test_a_pair_that_explains_its_overlap_leaves_the_third_list_to_tell_the_number():
    """With A and B linked, being on C is independent: (n_A or B) x n_C / n_both = 100 x 60 / 20 = 300 persons."""
    table = small([30, 20, 40, 30, 8, 6, 6])  # A, B, C, AB, AC, BC, ABC: 80 and 20 of A or B off and on C
    fit = fit_loglinear(table.patterns, table.low.astype(float), [(0, 1)])
    assert fit.exists
    assert 140 + math.exp(fit.log_missing) == pytest.approx(300)


def test_mixture_weights_go_to_the_engine_that_predicts_held_out_cells():
    """Two engines, each sure of one of two cells and wrong on the other: half of each is best."""
    scores = {"first": np.log([0.9, 0.1]), "second": np.log([0.1, 0.9])}
    assert stacking_weights(scores) == pytest.approx({"first": 0.5, "second": 0.5})
    worse = {"first": np.log([0.9, 0.9]), "second": np.log([0.1, 0.1])}
    assert stacking_weights(worse)["first"] == pytest.approx(1)
    assert stacking_weights({}) == {}


def test_the_mixture_draws_each_engine_as_often_as_its_weight_says():
    """A quarter of an engine at 100 and three quarters of one at 200: a quarter of the draws at 100."""
    fits = {
        name: EngineFit(name, value, np.full(10, value), np.zeros(3), converged=True, note="")
        for name, value in (("first", 100.0), ("second", 200.0))
    }
    draws = mix(fits, {"first": 0.25, "second": 0.75}, seed=1)
    assert (draws == 100).mean() == pytest.approx(0.25)


def test_the_correction_moves_the_median_up_by_the_bias_and_never_below_the_listed(evidence):
    """Median of log truth = log estimate + 0.3 (bias -0.3), SD hypot(0.2, about 0.5); nobody is fewer than listed."""
    total = np.full(200_000, 10_000.0)
    found = corrected_total(total, n_listed=9_000, priors=default_priors(evidence), seed=3)
    assert np.median(found) == pytest.approx(10_000 * math.exp(0.3), rel=0.02)
    assert found.min() == 9_000
    wide = corrected_total(total, n_listed=1, priors=default_priors(evidence), seed=3)
    assert np.log(wide).std() == pytest.approx(math.hypot(0.2, 0.5 * math.exp(0.2**2)), rel=0.05)


def test_a_cell_that_an_engine_cannot_score_is_no_mark_against_it():
    """The second cell is unknown to one engine: only the first counts; where none is left, weights are equal."""
    scores = {"first": np.array([-1.0, np.nan]), "second": np.array([-3.0, -0.1])}
    assert stacking_weights(scores)["first"] == pytest.approx(1)
    unknown = {name: np.full(2, np.nan) for name in scores}
    assert stacking_weights(unknown) == {"first": 0.5, "second": 0.5}


@pytest.mark.parametrize("engine", [independence, stepwise])
def test_a_table_without_a_maximum_has_no_answer_and_says_why(engine):
    """Nobody on two lists: no number, not converged, the reason in words."""
    fit = engine(small([30, 20, 0]))
    assert math.isnan(fit.estimate)
    assert not fit.converged
    assert "no single maximum" in fit.note


def test_a_table_of_which_some_completions_have_no_maximum_has_not_converged():
    """0 to 4 persons on both lists: where a completed table has none, no model fits it, and that is said."""
    fit = independence(small([30, 20, 0], most=[30, 20, 4]), seed=1)
    assert math.isfinite(fit.estimate)
    assert not fit.converged
    assert "more that no model fits" in fit.note


def test_without_a_list_that_holds_all_overlap_nothing_can_be_estimated():
    """A and C, B and C overlap, A and B do not: without C no engine has a number."""
    rows = leave_one_list_out(small([30, 20, 40, 0, 8, 6, 0]), engines=["independence", "stepwise"])
    known = {(row["without"], row["engine"]): math.isfinite(row["estimate"]) for row in rows}
    assert not known["C", "independence"]
    assert not known["C", "stepwise"]
    assert known["A", "independence"]


def test_a_list_that_is_left_out_takes_along_whom_only_it_held():
    """A, B, C, AB, AC, BC, ABC = 1 ... 7 without C: A = 1 + 5, B = 2 + 6, AB = 4 + 7; 3 persons are gone."""
    left = small([1, 2, 3, 4, 5, 6, 7]).without("C")
    assert left.low.tolist() == [6, 8, 11]
    assert left.lists == ("A", "B")


# Laws and slow twins


def _maximum_exists(patterns, counts, pairs):
    """Fienberg and Rinaldo (2012): the sufficient totals are those of means that are all above zero."""
    empty = [pair for pair, n in zip(pairs, overlaps(patterns, counts, pairs), strict=True) if n == 0]
    possible = np.all(
        [patterns[:, i] * patterns[:, j] == 0 for i, j in empty] or [[True] * len(counts)], axis=0
    )
    both = [patterns[:, i] * patterns[:, j] for i, j in pairs if (i, j) not in empty]
    x = np.column_stack([np.ones(len(counts)), patterns, *both])[possible]
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return False
    n = len(x)
    found = optimize.linprog(
        np.append(np.zeros(n), -1.0),
        A_eq=np.column_stack([x.T, np.zeros(x.shape[1])]),
        b_eq=x.T @ counts[possible],
        A_ub=np.column_stack([-np.eye(n), np.ones(n)]),
        b_ub=np.zeros(n),
        bounds=[(0, None)] * (n + 1),
    )
    return -found.fun > 1e-9


@pytest.mark.parametrize("name", ["Australia", "Artificial_3"])
def test_whether_a_maximum_exists_is_what_a_linear_programme_says(name):
    """60 resampled tables and models: scoring that settles, or does not, against the criterion solved exactly."""
    table, rng = lists(name), np.random.default_rng(0)
    every = list(itertools.combinations(range(len(table.lists)), 2))
    answers = []
    for _ in range(60):
        counts = rng.multinomial(table.n_listed, table.low / table.n_listed).astype(float)
        pairs = [every[i] for i in rng.permutation(len(every))[: rng.integers(0, len(every) + 1)]]
        answers.append(fit_loglinear(table.patterns, counts, pairs).exists)
        assert answers[-1] == _maximum_exists(table.patterns, counts, pairs)
    assert name != "Artificial_3" or 0 < sum(answers) < 60  # both answers were asked for


def test_the_fit_solves_the_score_equations():
    """Fitted and observed totals of every list and every pair in the model agree at the maximum."""
    table = lists("UKdat_5")
    pairs = [(0, 1), (1, 4)]
    fit = fit_loglinear(table.patterns, table.low.astype(float), pairs)
    assert fit.mean @ table.patterns == pytest.approx(table.low @ table.patterns)
    assert overlaps(table.patterns, fit.mean, pairs) == pytest.approx(
        overlaps(table.patterns, table.low.astype(float), pairs)
    )


def test_decomposable_graphs_are_all_chordal_graphs_and_no_other():
    """Counted by others: 2, 8, 61 and 822 labelled chordal graphs of 2, 3, 4 and 5 nodes."""
    assert [sum(1 for _ in graphs.graphs(n)) for n in (2, 3, 4, 5)] == [2, 8, 61, 822]


def test_the_evidence_of_a_graph_is_the_integral_over_pattern_probabilities():
    """Two linked lists: one Dirichlet over four patterns, its integral by 400,000 draws of the prior, within 3%."""
    table, missing, delta = small([3, 2, 1]), 4, 0.5
    terms = graphs.log_evidence(table, np.array([float(missing)]), delta=delta)
    linked = float(terms[frozenset({0, 1})][0])
    share = np.random.default_rng(1).dirichlet([delta] * 4, size=400_000)
    log_p = np.log(share) @ np.array([missing, *table.low])
    assert linked == pytest.approx(special.logsumexp(log_p) - math.log(len(share)), abs=0.03)


@pytest.mark.parametrize(("persons", "chance"), [(1_000_000, (0.3, 0.25, 0.2)), (100_000, (0.8, 0.8, 0.8))])
def test_the_grid_of_totals_is_fine_enough_for_large_and_well_covered_tables(persons, chance):
    """Expected counts of three independent lists: the median is the number within 0.1%, the interval no one point."""
    patterns = all_patterns(3)
    each = np.where(patterns == 1, chance, 1 - np.array(chance)).prod(axis=1)
    fit = decomposable(small(np.round(persons * each).astype(int).tolist()))
    low, high = fit.interval(LEVEL)
    assert fit.estimate == pytest.approx(persons, rel=1e-3)
    assert low < persons < high


def test_a_held_out_cell_of_the_graphs_is_scored_by_a_distribution():
    """Probabilities of all values that the held-out count of A and B may take add up to one."""
    table = small([30, 20, 10])
    found = graphs.average(table)
    missing, width = graphs._steps(graphs.GRID_MULTIPLE * table.n_listed, 200)
    values = np.arange(0.0, 200.0)
    log_p = graphs._log_joint(table, found.graphs, missing[:, None], held=2, count=values[None, :])
    p = np.exp(special.logsumexp(log_p + np.log(width)[:, None], axis=0))
    score = graphs._cell_scores(table, found)[2]
    # what lies above 200 has little probability, so the two normalising sums agree
    assert score == pytest.approx(math.log(p[10] / p.sum()), abs=0.2)


def test_a_small_cell_as_an_interval_has_the_probability_of_all_its_values():
    """`<5` is 0 to 4: the sum of five Poisson probabilities, 2 to 3 that of two."""
    mean = np.array([3.0, 2.5])
    low, high = np.array([0, 2]), np.array([4, 3])
    expected = np.array([stats.poisson.cdf(4, 3.0), stats.poisson.pmf([2, 3], 2.5).sum()])
    inside, outside = (bayes.log_interval(value, mean, low, high).eval() for value in (low, high + 1))
    assert np.exp(inside) == pytest.approx(expected)
    assert np.exp(outside) == pytest.approx(1 - expected)


@pytest.mark.parametrize("engine", [independence, decomposable])
def test_intervals_of_small_cells_widen_an_answer_and_do_not_move_it_far(engine):
    """UK without the public: the three small cells as <5 instead of their counts."""
    table = lists("UKdat_4")
    hidden = (table.low > 0) & (table.low < 5)
    masked = replace(table, low=np.where(hidden, 0, table.low), high=np.where(hidden, 4, table.high))
    assert hidden.sum() >= 3
    assert not masked.exact
    assert len(completed(masked, seed=1)) > 1
    exact, guessed = engine(table, seed=1), engine(masked, seed=1)
    assert guessed.estimate == pytest.approx(exact.estimate, rel=0.35)
    widths = [math.log(high / low) for low, high in (exact.interval(LEVEL), guessed.interval(LEVEL))]
    assert widths[1] > widths[0]


def test_three_lists_of_which_no_three_overlap_are_said_to_tell_too_little():
    """A and B overlap, B and C do not: no triangle, so that all pairs cannot be in one model."""
    table = lists("Artificial_3")
    assert triangles(table) == 0
    assert any("cannot be told apart" in line for line in check_lists(table))
    assert triangles(lists("UKdat_5")) > 0


# Numbers that were published, or made with the R packages of the methods' authors (published.csv says which)


@pytest.mark.parametrize(("name", "estimate", "low", "high"), published("independence"))
def test_independence_reproduces_the_published_numbers(name, estimate, low, high):
    """Deterministic: within 0.05 persons, ends of the interval within 0.1%."""
    fit = independence(lists(name))
    assert fit.estimate == pytest.approx(estimate, abs=0.05)
    assert fit.interval(LEVEL) == pytest.approx((low, high), rel=1e-3)


@pytest.mark.parametrize(("name", "estimate", "low", "high"), published("stepwise", "Wald"))
def test_stepwise_reproduces_the_published_estimates(name, estimate, low, high):
    """Which pairs enter, and the estimate they give, within 0.05 persons; its own Wald interval within 0.1%."""
    table = lists(name)
    _, fit = choose_pairs(table.patterns, table.low.astype(float))
    assert table.n_listed + math.exp(fit.log_missing) == pytest.approx(estimate, abs=0.05)
    spread = stats.norm.ppf(0.975) * fit.sd_missing
    ends = [table.n_listed + math.exp(fit.log_missing + side * spread) for side in (-1, 1)]
    assert ends == pytest.approx([low, high], rel=1e-3)


@pytest.mark.parametrize(("name", "estimate", "low", "high"), published("decomposable", "1,000 points"))
def test_averaging_over_graphs_reproduces_the_published_numbers(name, estimate, low, high):
    """Deterministic: within one step of the published grid, which ours holds and refines near zero."""
    table = lists(name)
    step = graphs.GRID_MULTIPLE * table.n_listed / graphs.GRID_POINTS + 1
    fit = decomposable(table)
    assert (fit.estimate, *fit.interval(LEVEL)) == pytest.approx((estimate, low, high), abs=step)


@pytest.mark.parametrize(("name", "estimate", "low", "high"), published("decomposable", "20,000"))
def test_averaging_over_graphs_on_a_fine_grid_reproduces_the_published_numbers(name, estimate, low, high):
    """The same with 20,000 points: within 0.2%."""
    table = lists(name)
    grid = np.round(np.linspace(1, graphs.GRID_MULTIPLE * table.n_listed, 20_000))
    found = graphs.quantiles(graphs.average(table, missing=grid), np.array([0.5, 0.025, 0.975]))
    assert table.n_listed + found == pytest.approx([estimate, low, high], rel=2e-3)


def test_averaging_over_graphs_reproduces_the_example_of_its_authors():
    """Madigan and York: delta 0.5, 1 to 300 persons on no list: 616 (588 to 655) in all, exactly."""
    table = lists("MadiganYork_5")
    found = graphs.average(table, missing=np.arange(1.0, 301.0), delta=0.5)
    assert (table.n_listed + graphs.quantiles(found, np.array([0.5, 0.025, 0.975]))).tolist() == [
        616,
        588,
        655,
    ]


@pytest.mark.parametrize(
    ("name", "estimate", "low", "high"), published("bayes_loglinear", "variance 1)")[1:2]
)
def test_the_bayesian_model_reproduces_a_published_number(name, estimate, low, high):
    """UK on five lists: median within 2%, ends within 4%; the other tables are among the slow tests."""
    fit = bayes_loglinear(lists(name), seed=5)
    assert fit.converged
    assert fit.estimate == pytest.approx(estimate, rel=0.02)
    assert fit.interval(LEVEL) == pytest.approx((low, high), rel=0.04)


@pytest.mark.slow
@pytest.mark.parametrize(("how", "sd"), [("variance 1)", 1.0), ("variance 0.1)", math.sqrt(0.1))])
def test_the_bayesian_model_reproduces_every_published_number(how, sd):
    """Seven tables, two priors of the interactions: medians within 2%, ends within 4%."""
    for name, estimate, low, high in published("bayes_loglinear", how):
        fit = bayes_loglinear(lists(name), seed=6, interaction_sd=sd)
        assert fit.converged, name
        assert fit.estimate == pytest.approx(estimate, rel=0.02), name
        assert fit.interval(LEVEL) == pytest.approx((low, high), rel=0.04), name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "estimate", "low", "high"), published("stepwise", "BCa"))
def test_bootstrap_limits_are_the_published_ones_within_their_own_error(name, estimate, low, high):
    """8,000 resampled tables; the published 2,000 leave an error of about 4% (one SD) in a BCa limit of such tails."""
    fit = stepwise(lists(name), seed=1, n_bootstrap=8000)
    assert fit.estimate == pytest.approx(estimate, abs=0.05)
    assert fit.interval(LEVEL) == pytest.approx((low, high), rel=0.08)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "estimate", "low", "high"), published("latent_class"))
def test_long_runs_of_latent_classes_reproduce_published_medians(name, estimate, low, high):
    """24 chains of 80,000 steps: medians within 10%, although chains mix too slowly to pass the gate on all."""
    fit = latent_class(lists(name), seed=2, chains=24, max_steps=80_000)
    assert fit.estimate == pytest.approx(estimate, rel=0.10)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["UKdat_5", "Ned_5"])
def test_latent_classes_that_do_not_mix_are_reported_as_not_converged(name):
    """Their authors' own chains have R-hat 1.5 to 1.7 on these tables: no number may come out as one to use."""
    fit = latent_class(lists(name), seed=4)
    assert not fit.converged
    assert "may not be used" in fit.note
    assert np.isnan(fit.cell_score).all()


@pytest.mark.slow
def test_intervals_of_the_bayesian_model_hold_what_they_say():
    """60 tables from the model itself: hits of a 90% interval are Binomial(60, 0.9), but for one in a thousand."""
    rng, hits = np.random.default_rng(8), 0
    for k in range(60):
        effects = rng.normal(-2.5, 0.5, size=4)
        bonds = rng.normal(0, 1, size=6)
        patterns = all_patterns(4)
        terms = bayes.design(CaptureTable("", tuple("ABCD"), patterns, patterns[:, 0], patterns[:, 0]))
        missing = rng.integers(3_000, 20_000)
        counts = rng.poisson(missing * np.exp(terms @ np.concatenate([effects, bonds])))
        fit = bayes_loglinear(replace(small(counts.tolist()), name=f"world {k}"), seed=k, draws=1500)
        low, high = fit.interval(0.9)
        hits += low <= counts.sum() + missing <= high
    least, most = stats.binom.ppf([0.0005, 0.9995], 60, 0.9)
    assert least <= hits <= most


def test_latent_classes_recover_a_table_that_mixes_well():
    """Three lists of 626: Madigan and York (1997) give 731 (682 to 797); classes say the same within 3%."""
    fit = latent_class(lists("MadiganYork_3"), seed=3, max_steps=16_000)
    assert fit.estimate == pytest.approx(731, rel=0.03)


def test_latent_classes_treat_small_cells_as_importance_sampling_does(monkeypatch):
    """Two classes, three lists, AB, AC, BC and ABC each <5: 40,000 draws of classes, weighed by the likelihood.

    With N integrated out under 1/N, cells are Poisson with a level whose prior is 1/level: a grid even in its log.
    """
    monkeypatch.setattr(latent, "CLASSES", 2)
    monkeypatch.setattr(
        latent, "CONCENTRATION", (1e6, 1e6)
    )  # concentration 1: the weight of a class is uniform
    table = small([12, 9, 11, 0, 0, 0, 0], most=[12, 9, 11, 4, 4, 4, 4])
    rng, n_draws = np.random.default_rng(5), 40_000
    weight, chance = rng.random(n_draws), rng.random((n_draws, 2, 3))
    patterns = np.vstack([table.patterns, np.zeros(3, dtype=int)])
    each = np.where(patterns[None, :, None, :] == 1, chance[:, None], 1 - chance[:, None]).prod(axis=3)
    share = (each * np.column_stack([weight, 1 - weight])[:, None, :]).sum(axis=2)
    level = np.exp(np.linspace(np.log(15), np.log(3000), 150))
    mean = share[:, None, :] * level[None, :, None]
    log_p = stats.poisson.logpmf(table.low[:3], mean[:, :, :3]).sum(axis=2)
    log_p += stats.poisson.logcdf(4, mean[:, :, 3:7]).sum(axis=2)
    p = np.exp(log_p - log_p.max())
    missing = mean[:, :, 7].ravel()
    order = np.argsort(missing)
    cumulative = np.cumsum(p.ravel()[order]) / p.sum()
    expected = missing[order][np.searchsorted(cumulative, [0.25, 0.5, 0.75])]
    steps = latent.gibbs(table, chains=400, rng=np.random.default_rng(6))
    kept = [np.exp(next(steps).log_mean[:, -1]) for _ in range(600)][200:]
    assert np.quantile(kept, [0.25, 0.5, 0.75]) == pytest.approx(expected, rel=0.1)


# All engines together


@pytest.fixture(scope="module")
def together(evidence):
    return estimate_hidden(
        lists("MadiganYork_3"), priors=default_priors(evidence), engines=["independence", "stepwise"], seed=1
    )


def test_weights_add_up_and_the_mixture_lies_between_its_engines(together):
    """What is mixed is neither below nor above what every engine says."""
    assert sum(together.weights.values()) == pytest.approx(1)
    ends = [fit.interval(0.99) for fit in together.fits.values()]
    assert min(low for low, _ in ends) < np.median(together.mixture) < max(high for _, high in ends)


def test_an_unknown_engine_is_named_with_the_nearest():
    """`stepwsie` was probably meant to be stepwise."""
    with pytest.raises(EvidenceError, match=r"no engine is called 'stepwsie'; did you mean 'stepwise'"):
        chosen_engines(["stepwsie"], lists("UKdat_5"))


def test_six_lists_are_too_many_for_graphs_and_it_says_so():
    """All engines leave it out; asked for by name, it refuses."""
    table = lists("Ned")
    assert "decomposable" not in chosen_engines([], table)
    with pytest.raises(EvidenceError, match="6 lists, and averaging over graphs takes at most 5"):
        decomposable(table)


def test_leaving_lists_out_shows_which_carries_the_answer():
    """UK without the public: 10,694 by independence, as the published four-list table."""
    rows = leave_one_list_out(lists("UKdat_5"), engines=["independence"])
    by_list = {row["without"]: row["estimate"] for row in rows}
    assert set(by_list) == {"LA", "NG", "PFNCA", "GO", "GP"}
    assert by_list["GP"] == pytest.approx(10_694.26, abs=0.05)


def test_the_names_of_engines_agree():
    """What the command line offers, what figures have words for, and what there is."""
    assert [name.value for name in EngineName][1:] == list(ENGINES)
    assert set(ENGINES) < set(ENGINE_WORDS)


def test_every_engine_has_its_own_file_and_its_paper():
    """The file is named for the method, and its first lines cite who proposed it."""
    for name, engine in ENGINES.items():
        assert engine.__module__ == f"costmodel.hidden.{name}"
        source = Path(engine.__code__.co_filename).read_text(encoding="utf-8")
        assert re.search(r"\((19|20)\d\d\)", source.split('"""')[1])


# Reading


BAD = {
    "bad-lists-name.csv": "column 'Surname' may identify a person",
    "bad-lists-birth.csv": "column 'date_of_birth' may identify a person",
    "bad-lists-id.csv": "column 'caseId' may identify a person",
    "bad-lists-words.csv": "line 2: police is neither 0 nor 1",
    "bad-lists-nobody.csv": "line 4: on no list",
    "bad-lists-twice.csv": "line 4: the pattern police and ngo is there twice; add its rows up",
    "bad-lists-count.csv": "line 3: count 'few' is no count; write a whole number without signs for thousands",
    "bad-lists-one.csv": "1 lists; give 2 to 10",
    "bad-lists-disjoint.csv": "nobody is on two lists",
    "bad-lists-empty-list.csv": "nobody is on list 'ngo'; leave it out",
    "bad-lists-word.csv": "column 'dateofbirth' may identify a person",
    "bad-lists-cells.csv": "line 3: 2 cells under 3 columns",
}


@pytest.mark.parametrize(("name", "message"), BAD.items())
def test_a_broken_table_of_lists_says_where_and_what_to_do(name, message):
    """One broken file for each thing that can be wrong."""
    with pytest.raises(EvidenceError, match=re.escape(message)):
        read_lists(HERE / name)


def test_one_row_a_person_and_counts_by_pattern_are_the_same_table(tmp_path):
    """Three persons on A, one on both: rows without a count are counted."""
    persons, patterns = tmp_path / "persons.csv", tmp_path / "patterns.csv"
    persons.write_text("A,B\n1,0\n1,0\n1,0\n1,1\n0,1\n", encoding="utf-8")
    patterns.write_text("A,B,count\n1,0,3\n1,1,1\n0,1,1\n", encoding="utf-8")
    assert read_lists(persons).low.tolist() == read_lists(patterns).low.tolist() == [3, 1, 1]


def test_small_cells_are_read_as_intervals_and_never_printed_in_full(tmp_path):
    """`<5` is 0 to 4, 1-4 is 1 to 4; an exact 3 is printed as <5 too."""
    path = tmp_path / "masked.csv"
    path.write_text("A,B,count\n1,0,<5\n0,1,30\n1,1,1-4\n", encoding="utf-8")
    table = read_lists(path)
    assert (table.low.tolist(), table.high.tolist()) == ([0, 30, 1], [4, 30, 4])
    assert [shown_count(*pair) for pair in ((3, 3), (1, 4), (0, 4), (0, 0), (5, 9))] == [
        "<5",
        "<5",
        "<5",
        "0",
        "5-9",
    ]


@pytest.mark.parametrize("name", ["UKdat", "UKdat_5", "Ned", "Ned_5", "Australia"])
def test_the_tables_of_the_package_hold_the_documented_number_of_persons(name):
    """Totals as the sources state them."""
    documented = {"UKdat": 2744, "UKdat_5": 2744, "Ned": 8234, "Ned_5": 8234, "Australia": 414}
    assert lists(name).n_listed == documented[name]
