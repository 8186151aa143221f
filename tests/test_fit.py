"""A fit that fails the gate is sampled longer; one that is stopped leaves nothing; one that is stored is found."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tiny_fit import OBSERVED, build_tiny, tiny_tree

from costmodel.errors import Interrupted
from costmodel.model import cache, fit
from costmodel.model.fit import Settings, every, fit_submodel, sample_posterior
from costmodel.model.priors import default_priors

SETTINGS = Settings(draws=500, tune=100, chains=4, seed=1)


@pytest.fixture
def sampled(monkeypatch):
    """Sampling replaced by fits made by hand, handed out in turn; the draws asked for are written down."""
    asked = []

    def hand_out(*trees):
        waiting = list(trees)

        def run(compiled, settings, *, draws, quiet):
            asked.append(draws)
            found = waiting.pop(0)
            if isinstance(found, BaseException):
                raise found
            return found

        monkeypatch.setattr(fit.nutpie, "compile_pymc_model", lambda model: model)
        monkeypatch.setattr(fit, "_run_sampler", run)
        return asked

    return hand_out


def fit_tiny(evidence, *, refit=False, quiet=True):
    return fit_submodel(
        "tiny", build_tiny, evidence, default_priors(evidence), settings=SETTINGS, refit=refit, quiet=quiet
    )


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    return tmp_path


def test_a_fit_that_fails_is_sampled_again_with_twice_the_draws(evidence, sampled):
    """First 500 draws a chain, then 1,000; of these every second is kept, numbered from 0 for the joining."""
    asked = sampled(tiny_tree(apart=0.5), tiny_tree(draws=1000))
    tree, found = sample_posterior(build_tiny(evidence, {}), settings=SETTINGS)
    assert asked == [500, 1000]
    assert found["converged"]
    kept, whole = tree["posterior"]["mean"], tiny_tree(draws=1000)["posterior"]["mean"]
    assert kept["draw"].to_numpy().tolist() == list(range(500))
    assert np.array_equal(kept, whole[:, ::2])


def test_after_two_extensions_the_fit_is_what_it_is(evidence, sampled):
    """500, 1,000 and 2,000 draws, none good enough: it says so and leaves the decision to the caller."""
    asked = sampled(*(tiny_tree(draws=draws, apart=0.5) for draws in (500, 1000, 2000)))
    tree, found = sample_posterior(build_tiny(evidence, {}), settings=SETTINGS)
    assert asked == [500, 1000, 2000]
    assert not found["converged"]
    assert tree["posterior"].sizes["draw"] == 500


def test_a_fit_whose_outputs_disagree_is_sampled_again(evidence, sampled):
    """The parameter is well sampled; what is computed from it is not, until there are 1,000 draws a chain."""
    asked = sampled(tiny_tree(), tiny_tree(draws=1000))

    def outputs(posterior):
        return posterior + (posterior["chain"] if posterior.sizes["draw"] < 1000 else 0)

    _, found = sample_posterior(build_tiny(evidence, {}), settings=SETTINGS, outputs=outputs)
    assert asked == [500, 1000]
    assert found["converged"]


def test_draws_that_are_not_finite_are_not_asked_for_again(evidence, sampled):
    """More of the same would be no better: it says so at once."""
    asked = sampled(tiny_tree(broken=[0.0, 1.0, np.inf, 2.0]))
    _, found = sample_posterior(build_tiny(evidence, {}), settings=SETTINGS)
    assert asked == [500]
    assert (found["unusable"], found["converged"]) == ("broken", False)


def test_log_likelihood_and_log_prior_are_kept(evidence, sampled):
    """Normal densities at the first draw m: -m^2/2 and -(0.3 - m)^2/2, each less log sqrt(2 pi)."""
    sampled(tiny_tree())
    tree, _ = sample_posterior(build_tiny(evidence, {}), settings=SETTINGS)
    mean = float(tree["posterior"]["mean"][0, 0])
    constant = np.log(2 * np.pi) / 2
    assert float(tree["log_prior"]["mean"][0, 0]) == pytest.approx(-(mean**2) / 2 - constant)
    assert float(tree["log_likelihood"]["study"][0, 0]) == pytest.approx(
        -((OBSERVED - mean) ** 2) / 2 - constant
    )


def test_every_second_draw_of_each_group_is_kept_and_groups_stay_aligned():
    tree = every(tiny_tree(draws=7, diverging=3), 2)
    for group in ("posterior", "sample_stats"):
        assert tree[group].sizes["draw"] == 4
    assert tree["sample_stats"]["diverging"].to_numpy()[0].tolist() == [True, True, False, False]


def test_a_stopped_fit_leaves_no_file_and_says_how_to_go_on(evidence, store, sampled):
    sampled(KeyboardInterrupt())
    with pytest.raises(Interrupted) as stopped:
        fit_tiny(evidence)
    assert str(stopped.value) == (
        "stopped while fitting tiny: nothing half-written was left behind, sub-models fitted before it are kept; "
        "the same command goes on from there"
    )
    assert [file.name for file in store.iterdir()] == [".tiny.lock"]


def test_a_stop_while_the_file_is_written_leaves_no_file(evidence, store, sampled, monkeypatch):
    sampled(tiny_tree())

    def stopped(self, path, **_):
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(xr.DataTree, "to_netcdf", stopped)
    with pytest.raises(KeyboardInterrupt):
        fit_tiny(evidence)
    assert [file.name for file in store.iterdir()] == [".tiny.lock"]


def test_the_second_time_nothing_is_sampled(evidence, store, sampled):
    asked = sampled(tiny_tree())
    first, found, key = fit_tiny(evidence)
    again, stored, same = fit_tiny(evidence)
    assert asked == [500]
    assert key == same
    assert np.array_equal(first["posterior"]["mean"], again["posterior"]["mean"])
    assert stored == found
    assert cache.stored_draws("tiny", key) == {500}


def test_refit_samples_whatever_the_cache_holds(evidence, store, sampled):
    asked = sampled(tiny_tree(), tiny_tree())
    fit_tiny(evidence)
    fit_tiny(evidence, refit=True)
    assert asked == [500, 500]


def test_a_truncated_file_is_told_and_fitted_again(evidence, store, sampled, capsys):
    """Cut to half, as after a full disk."""
    sampled(tiny_tree(), tiny_tree())
    _, _, key = fit_tiny(evidence)
    file = cache.path("tiny", key, 500)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    tree, _, _ = fit_tiny(evidence, quiet=False)
    told = capsys.readouterr().err
    assert f"{file}: this stored fit cannot be read" in told
    assert "it is fitted again" in told
    assert tree["posterior"].sizes == {"chain": 4, "draw": 500}
    assert cache.load("tiny", key, 500, say=pytest.fail) is not None, (
        "the new fit took the place of the broken one"
    )


def test_a_file_of_another_fit_under_this_name_is_told_and_fitted_again(evidence, store, sampled, capsys):
    """Renamed or copied by hand: the key inside the file decides, not its name."""
    sampled(tiny_tree(), tiny_tree())
    _, _, key = fit_tiny(evidence)
    other = cache.path("tiny", "0" * 24, 500)
    cache.path("tiny", key, 500).rename(other)
    said = []
    assert cache.load("tiny", "0" * 24, 500, say=said.append) is None
    assert said == [f"{other}: this stored fit is of other evidence or another version; it is fitted again"]


def test_a_quiet_fit_says_nothing(evidence, store, sampled, capsys):
    sampled(tiny_tree())
    fit_tiny(evidence, quiet=True)
    assert capsys.readouterr().err == ""


def test_the_sampler_recovers_a_posterior_known_in_closed_form(evidence):
    """Prior Normal(0, 1), one study at 0.3 with error 1: mean 0.15, variance 1/2; 4 standard errors of 2,000 draws."""
    tree, found = sample_posterior(build_tiny(evidence, {}), settings=Settings(draws=500, tune=300, seed=3))
    assert found["divergences"] == 0
    values = tree["posterior"]["mean"].to_numpy()
    assert values.mean() == pytest.approx(OBSERVED / 2, abs=4 * np.sqrt(0.5 / found["ess_bulk_min"]))
    assert values.var() == pytest.approx(0.5, rel=0.2)
