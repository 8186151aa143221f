"""Calibration by simulation: the rank test on toys, the store on a tiny model, the committed table, the fit."""

import re
from pathlib import Path

import numpy as np
import nutpie
import pandas as pd
import pytest
import xarray as xr
from model_points import log_likelihood, point
from scipy import stats
from tiny_fit import build_tiny, tiny_tree

from costmodel.evidence import countries as places
from costmodel.model import calibration
from costmodel.model.calibration import (
    SETTINGS,
    calibrate,
    calibration_table,
    open_data,
    prior_predictive,
    small_priors,
    small_world,
)
from costmodel.model.fit import Settings
from costmodel.model.joint import BUILDERS
from costmodel.model.prevalence import count_data
from costmodel.model.priors import default_priors
from costmodel.model.uniformity import (
    ALARM,
    BINS,
    RANKED,
    bands,
    bin_counts,
    by_submodel,
    holm,
    p_values,
    rank_table,
    ranks,
    summaries,
)

DOCS = Path(__file__).parents[1] / "docs" / "fit"
SEED = 1


def toy_ranks(*, n_replicates=200, n_quantities=50, narrow=1.0, shift=0.0, seed=4):
    """Ranks of a normal mean: prior N(0, 1), one datum with error 1, posterior N(y/2, 1/2), made wrong on request."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n_replicates):
        truth = rng.normal(size=n_quantities)
        datum = rng.normal(truth, 1)
        sd = np.sqrt(0.5) * narrow
        rows.append(ranks(truth, rng.normal(datum / 2 + shift, sd, size=(RANKED, n_quantities))))
    return pd.DataFrame(rows, columns=[f"mean_{i}" for i in range(n_quantities)])


def test_a_calibrated_toy_raises_no_alarm():
    """Posterior draws from the exact posterior: over 50 quantities together no corrected p-value below 5%."""
    table = rank_table(toy_ranks(), seed=SEED)
    assert holm(table["p"].to_numpy()).min() > ALARM
    assert table["inside_90"].mean() == pytest.approx(0.9, abs=0.01)  # 10,000 ranks: standard error .003


@pytest.mark.parametrize("wrong", [{"narrow": 0.7}, {"narrow": 1.4}, {"shift": 0.25}])
def test_a_posterior_that_is_too_narrow_too_wide_or_shifted_is_found_out(wrong):
    """An SD wrong by a factor of 1.4, or a shift by a third of an SD: most of the quantities raise an alarm."""
    found = holm(rank_table(toy_ranks(**wrong), seed=SEED)["p"].to_numpy())
    assert (found < ALARM).mean() > 0.5


def test_p_values_of_uniform_ranks_are_below_five_percent_five_times_in_a_hundred():
    """4,000 sets of 200 uniform ranks: standard error 0.0034; counts are discrete, so the test may be careful."""
    rng = np.random.default_rng(2)
    counts = rng.multinomial(200, np.full(BINS, 1 / BINS), size=4000)
    share = (p_values(counts, seed=SEED) <= ALARM).mean()
    assert 0.04 < share < 0.05 + 3 * 0.0034


def test_the_band_is_where_the_test_raises_no_alarm():
    """A set of ranks leaves the band of one quantity if, and only if, its p-value is below 5%: for 2,000 sets."""
    rng = np.random.default_rng(3)
    counts = rng.multinomial(100, np.full(BINS, 1 / BINS), size=2000)
    limits = bands(100, n_quantities=10, seed=SEED)
    below = np.cumsum(counts, axis=1)[:, :-1] / 100
    leaves = ((below < limits["low"].to_numpy()) | (below > limits["high"].to_numpy())).any(axis=1)
    alarm = p_values(counts, seed=SEED) <= ALARM
    assert (leaves == alarm).mean() > 0.99  # discrete counts: some lie on the band itself
    assert (limits["low_all"] <= limits["low"]).all()
    assert (limits["high_all"] >= limits["high"]).all()


def test_ranks_fill_the_bins_evenly():
    """Ranks 0 to 99, once each: five in each of 20 bins."""
    assert (bin_counts(np.arange(RANKED + 1)[:, None]) == 5).all()


@pytest.fixture(scope="module")
def world(evidence):
    return small_world(evidence)


@pytest.fixture(scope="module")
def priors(evidence):
    return small_priors(default_priors(evidence))


def test_the_small_world_has_every_kind_of_evidence(world):
    """Exact and masked counts, a change of definition, estimates, a country without counts, studies of violence."""
    masked = world.counts["children_low"] != world.counts["children_high"]
    assert masked.any()
    assert not masked.all()
    assert (world.counts["regime"] != "national").any()
    assert set(world.estimates.loc[world.estimates["role"] == "train", "area"]) <= set(world.countries.index)
    assert set(world.countries.index) - set(world.counts["iso3"]) == {calibration.WITHOUT_COUNTS}
    studied = world.anchors[(world.anchors["module"] == "violence") & (world.anchors["role"] == "train")]
    for geography in studied["geography"]:
        assert set(places.members(geography, world)) & set(world.countries.index), geography


@pytest.mark.parametrize("name", BUILDERS)
def test_opening_the_data_leaves_the_model_as_it_was(name, world, priors):
    """The log likelihood of each observation at one point is that of the model with its observations built in."""
    plain, opened = (BUILDERS[name](world, priors) for _ in range(2))
    observed = open_data(opened)
    assert set(observed) == {variable.name for variable in plain.observed_RVs}
    before, after = (log_likelihood(model, point(model), *observed) for model in (plain, opened))
    assert after == pytest.approx(before)


def test_masked_cells_are_drawn_as_often_as_their_likelihood_says(world, priors):
    """1,000 draws of parameters and data: of cells with P(at most 4) = P, a share P is drawn masked.

    Over all cells and draws, the mean of [masked] - P is 0 within 4 standard errors of the mean over draws.
    """
    model = BUILDERS["prevalence"](world, priors)
    observed = open_data(model)
    truth, data = prior_predictive(model, observed, n_draws=1000, seed=SEED)
    cells = count_data(world)
    rows = np.flatnonzero(~cells.exact)
    steps = truth["walk_step"].to_numpy()[0] * truth["recording_walk_sd"].to_numpy()[0][:, None, None]
    walk = np.concatenate(
        [np.cumsum(steps[:, :, ::-1], axis=2)[:, :, ::-1], np.zeros((*steps.shape[:2], 1))], axis=2
    )
    breaks = np.concatenate([truth["regime_break"].to_numpy()[0], np.zeros((1000, 1))], axis=1)
    rate = truth["log_registered_rate"].to_numpy()[0][:, cells.country[rows]]
    rate = rate + walk[:, cells.subregion[rows], cells.year[rows]] + breaks[:, cells.regime[rows]]
    mean, alpha = np.exp(rate) * cells.children[rows], truth["dispersion"].to_numpy()[0][:, None]
    chance = stats.nbinom.cdf(4, alpha, alpha / (alpha + mean))
    gap = ((data["registered_masked"] <= 4) - chance).mean(axis=1)
    assert 0.05 < chance.mean() < 0.95
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(gap.size)


@pytest.fixture
def exact_fits(tmp_path, monkeypatch):
    """An empty store, and in place of the sampler the exact posterior of the tiny model: N(y/2, 1/2)."""
    fitted = []

    def exact(compiled, data, settings, *, seed):
        fitted.append(seed)
        study = float(data["study"])
        rng = np.random.default_rng(seed)
        tree = tiny_tree(chains=settings.chains, draws=settings.draws)
        mean = rng.normal(study / 2, np.sqrt(0.5), size=tree["posterior"]["mean"].shape)
        posterior = tree["posterior"].to_dataset()
        log_likelihood = stats.norm.logpdf(study, mean, 1)
        tree["posterior"] = xr.DataTree(
            posterior.assign(
                mean=(("chain", "draw"), mean), log_likelihood=(("chain", "draw"), log_likelihood)
            )
        )
        return tree

    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    monkeypatch.setattr(nutpie, "compile_pymc_model", lambda model: object())
    monkeypatch.setattr(calibration, "_fit", exact)
    return fitted


def test_a_replicate_that_is_stored_is_not_fitted_again(evidence, exact_fits, tmp_path):
    """200 replicates, one file lost: one is fitted again, to the same rank; and no rank test raises an alarm."""
    settings = Settings(draws=100, tune=0, chains=1, seed=3)

    def run():
        return calibrate("tiny", evidence, {}, builder=build_tiny, settings=settings)

    first = run()
    assert set(first.ranks.columns) == {"mean", "log_likelihood"}
    assert len(exact_fits) == len(first.ranks) == calibration.REPLICATES
    files = sorted(tmp_path.rglob("*.json"))
    files[1].unlink()
    exact_fits.clear()
    pd.testing.assert_frame_equal(run().ranks, first.ranks)
    assert exact_fits == [settings.seed + 2]
    assert calibration_table([first], seed=SEED)["p_corrected"].min() > ALARM


def test_other_settings_find_no_replicate_of_these(evidence, exact_fits):
    """Another seed, or another number of draws: every replicate is fitted."""
    for settings in (Settings(draws=100, tune=0, chains=1, seed=n) for n in (3, 4)):
        calibrate("tiny", evidence, {}, builder=build_tiny, replicates=2, settings=settings)
    settings = Settings(draws=200, tune=0, chains=1, seed=3)
    calibrate("tiny", evidence, {}, builder=build_tiny, replicates=2, settings=settings)
    assert len(exact_fits) == 6


@pytest.fixture(scope="module")
def committed():
    return pd.read_csv(DOCS / "calibration.csv")


def test_the_committed_table_follows_from_its_bins(committed):
    """Shares and p-values are recomputed from the counts in the bins; the correction from the p-values."""
    counts = committed.filter(regex=r"^bin_").to_numpy()
    assert (counts.sum(axis=1) == committed["replicates"]).all()
    assert committed["replicates"].min() >= 200
    for name, part in committed.groupby("submodel", sort=False):
        again = summaries(counts[part.index], seed=SEED)
        for column in ("inside_90", "above"):
            assert part[column].to_numpy() == pytest.approx(again[column].to_numpy(), abs=1e-4), name
        assert part["p"].to_numpy() == pytest.approx(again["p"].to_numpy(), abs=0.005), name
    assert committed["p_corrected"].to_numpy() == pytest.approx(holm(committed["p"].to_numpy()), abs=1e-3)


def test_the_committed_page_says_what_the_committed_table_says(committed):
    """Each row of the table on the page against the summary of the file."""
    page = (DOCS / "calibration.md").read_text(encoding="utf-8")
    rows = {
        cells[0]: cells[1:]
        for line in re.findall(r"^\| (.+) \|$", page, flags=re.MULTILINE)
        if (cells := [cell.strip() for cell in line.split("|")])[0] in set(committed["submodel"])
    }
    summary = by_submodel(committed)
    assert set(rows) == set(summary["submodel"]) == set(BUILDERS)
    for row in summary.itertuples():
        found = rows[row.submodel]
        assert [int(each) for each in found[:3]] == [row.quantities, row.replicates, row.diverging]
        assert float(found[4].rstrip("%")) == pytest.approx(100 * row.inside_90, abs=0.06)
        assert float(found[6]) == pytest.approx(row.p_corrected, abs=0.006)
        assert int(found[7]) == row.alarms


@pytest.mark.slow
def test_the_fit_gives_back_what_data_were_made_from(world, priors):
    """200 replicates of each sub-model: no rank test below 5% after the correction for all quantities together.

    What alarms is the model or the sampler. Chains are short, so a stray divergence is let pass; at most one
    replicate in fifty may be stuck, with more than one divergent draw in twenty.
    """
    every = [calibrate(name, world, priors, quiet=False) for name in BUILDERS]
    table = calibration_table(every, seed=SEED)
    assert table.loc[table["p_corrected"] < ALARM, "quantity"].tolist() == []
    draws = SETTINGS.chains * SETTINGS.draws
    for each in every:
        assert (each.diagnostics["divergences"] > draws / 20).mean() <= 1 / 50, each.submodel
