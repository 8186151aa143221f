"""A sub-model of one's own takes the place of one of the package's; draws of one's own take the place of the fit."""

from __future__ import annotations

import dataclasses
import importlib
import threading
from pathlib import Path

import numpy as np
import own_models
import pytest
from hand_posterior import COUNTRIES, hand_draws, hand_posterior, hand_scenario

from costmodel import pipeline
from costmodel.briefing import columns, meta_of
from costmodel.draws import estimand_of
from costmodel.errors import ConvergenceError, ModelError
from costmodel.model import brought, cache, fit
from costmodel.model.brought import FIXED, NEEDED, QUANTITIES, check_covers, check_model, chosen_builders
from costmodel.model.fit import Settings, fit_all, fit_submodel, from_draws
from costmodel.model.joint import BUILDERS
from costmodel.model.own_code import source_of
from costmodel.model.priors import default_priors
from costmodel.results import NOT_OF_VICTIMS
from costmodel.simulation import simulate

OPTIONS = {"nothing": {}, "prevent": {"parenting": {"coverage": 0.3}}}
SETTINGS = Settings(draws=60, tune=60, chains=2, seed=1)


@pytest.fixture(scope="module")
def priors(evidence):
    return default_priors(evidence)


@pytest.fixture
def dataset(evidence):
    return hand_draws(evidence)


def key_of(builder, evidence, priors, *, name="effects"):
    return cache.key(name, builder, evidence, priors, SETTINGS)


def test_every_submodel_of_the_package_makes_what_a_builder_must_make(evidence, priors):
    """What is asked of others holds for ourselves."""
    assert set(NEEDED) == set(BUILDERS)
    for name, build in BUILDERS.items():
        check_model(name, build(evidence, priors))


def test_the_quantities_asked_for_are_those_of_the_fit(fitted):
    """No more and no fewer, with the same dims."""
    found = {name: set(fitted.draws[name].dims) for name in fitted.draws.data_vars}
    asked = {name: {"chain", "draw", *dims} for name, dims in QUANTITIES.items()}
    assert found == asked | {name: set(dims) for name, dims in FIXED.items()}
    brought.check_draws(fitted.draws)


def test_a_builder_takes_the_place_of_one_submodel(evidence, priors, tmp_path, monkeypatch):
    """Sampled once and kept; the others stay as they are."""
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))
    models = chosen_builders({"effects": own_models.build_doubtful})
    assert list(models) == list(BUILDERS)
    assert [name for name in models if models[name] is not BUILDERS[name]] == ["effects"]
    settings = {"settings": SETTINGS, "refit": False, "quiet": True}
    tree, _, key = fit_submodel("effects", models["effects"], evidence, priors, **settings)
    assert tree["posterior"]["log_rr"].sizes["programme"] == len(evidence.effects)
    monkeypatch.setattr(fit, "sample_posterior", None)
    assert fit_submodel("effects", models["effects"], evidence, priors, **settings)[2] == key


def test_a_fit_with_a_builder_of_ones_own_says_so(evidence, monkeypatch, fitted):
    """All trees but its own come from the default fit."""
    trees = dict(fitted.trees)

    def stored(name, builder, *_, **__):
        return trees[name], fitted.diagnostics.iloc[0].drop("submodel").to_dict(), "key"

    monkeypatch.setattr(fit, "fit_submodel", stored)
    posterior = fit_all(evidence, builders={"effects": own_models.build_doubtful})
    assert posterior.brought == ("a sub-model effects",)
    assert fit_all(evidence).brought == ()


@pytest.mark.parametrize(
    ("builders", "message"),
    [
        ({"effect": None}, r"there is no sub-model 'effect' to replace; did you mean 'effects'\?"),
        ({"zzz": None}, r"no sub-model 'zzz' to replace; the sub-models are unit_cost, prevalence"),
    ],
)
def test_a_submodel_that_does_not_exist_is_told(evidence, builders, message):
    with pytest.raises(ModelError, match=message):
        fit_all(evidence, builders=builders)


def test_a_model_that_lacks_a_variable_is_told_before_it_is_sampled(evidence, priors):
    model = own_models.build_without_effects(evidence, priors)
    with pytest.raises(ModelError) as refused:
        check_model("effects", model)
    assert str(refused.value).splitlines() == [
        "builders: effects: no variable 'log_rr', dims (programme), by which the sub-models are joined",
        "builders: effects: 'log_rr_trial' has dims (); give it ('trial',)",
    ]
    with pytest.raises(ModelError, match=r"effects: the builder returns dict; it must return a pm\.Model"):
        check_model("effects", {})


def test_a_builder_of_ones_own_is_kept_apart_by_its_code_and_by_all_it_reads(evidence, priors, monkeypatch):
    """Argument, global, enclosing value and data: each alone gives another key."""
    build = own_models.build_doubtful
    key = key_of(build, evidence, priors)
    assert key == key_of(build, evidence, priors)
    assert key != key_of(BUILDERS["effects"], evidence, priors)
    assert key != key_of(own_models.build_wider, evidence, priors)
    readers = [own_models.reader_of(value) for value in (1, 2, [1], np.ones(2), evidence.effects)]
    assert len({key_of(reader, evidence, priors) for reader in readers}) == len(readers)
    monkeypatch.setattr(own_models, "SPREAD", 0.3)
    assert key_of(build, evidence, priors) != key


def test_a_builder_of_ones_own_may_read_any_table_and_any_prior(evidence, priors):
    """Even under a name of the package: its key holds what the replaced sub-model never read."""
    build = own_models.build_doubtful
    counts = evidence.counts.copy()
    counts.iloc[0, counts.columns.get_loc("victims_high")] = 99.0
    other = dataclasses.replace(evidence, counts=counts)
    assert key_of(build, other, priors) != key_of(build, evidence, priors)
    wider = {**priors, "country_sd": dataclasses.replace(priors["country_sd"], p1=2.0)}
    assert key_of(build, evidence, wider) != key_of(build, evidence, priors)
    package = BUILDERS["effects"]
    assert key_of(package, other, wider) == key_of(package, evidence, priors)


def test_functions_that_a_builder_calls_are_part_of_it(tmp_path, monkeypatch):
    """A helper in a file of one's own, changed: another text."""
    text = "def half():\n    return {}\n\n\ndef build(evidence, priors):\n    return half()\n"
    monkeypatch.syspath_prepend(tmp_path)
    found = set()
    for number in (1, 2):
        (tmp_path / f"mine{number}.py").write_text(text.format(number), encoding="utf-8")
        source = source_of(importlib.import_module(f"mine{number}").build)
        found.add(source.replace(f"mine{number}", "mine"))
    assert len(found) == 2


def test_a_builder_whose_source_cannot_be_read_is_refused():
    space: dict[str, object] = {"__name__": "__main__"}
    text = "def build(evidence, priors):\n    return None\n"
    exec(
        compile(text, "<in no file>", "exec"), space
    )  # "<string>" may be what Python itself was started with
    with pytest.raises(ModelError, match=r"^build: its source cannot be read.*a file or a notebook cell$"):
        source_of(space["build"])

    class Builder:
        def __call__(self, evidence, priors):
            return None

    with pytest.raises(
        ModelError, match=r"is an object that can be called, whose source cannot be read; write it"
    ):
        source_of(Builder())
    with pytest.raises(ModelError, match=r"^value: is read by the builder, and what is in it cannot be told"):
        source_of(own_models.reader_of(threading.Lock()))


def test_draws_of_ones_own_answer_a_scenario_without_a_fit(dataset, evidence, tmp_path: Path):
    """40 made-up draws are too few for the gate, so every page says so, and whose draws they are."""
    with pytest.raises(ConvergenceError, match=r"from_draws: R-hat.*allow_unconverged=True"):
        from_draws(dataset)
    posterior = from_draws(dataset, allow_unconverged=True)
    scenario = hand_scenario(OPTIONS, end=2028)
    result = pipeline.run(scenario, evidence=evidence, posterior=posterior)
    same = pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))
    assert result.tables["headline"].equals(same.tables["headline"])
    assert result.record["run_id"] != same.record["run_id"]
    folder = pipeline.write_run(result, tmp_path / "run")
    page = (folder / "briefing.html").read_text(encoding="utf-8")
    assert "the author brought all draws in place of" in page and "Not converged" in page
    moved = from_draws(dataset.assign(log_rr=dataset["log_rr"] + 1), allow_unconverged=True)
    assert moved.keys != posterior.keys


def test_draws_that_pass_the_gate_need_no_permission(fitted):
    """The fit's own draws, every fourth of them: 2,000 hardly correlated draws over four chains."""
    posterior = from_draws(fitted.draws.isel(draw=slice(None, None, 4), country=slice(0, 3)))
    assert posterior.converged and posterior.priors == {}


def broken(dataset, how):
    """The draws with one thing wrong."""
    if how == "lacks":
        return dataset.drop_vars("log_rr")
    if how == "renamed":
        return dataset.rename(log_incidence="log_incidance")
    if how == "dims":
        return dataset.assign(log_rr=dataset["log_rr"].isel(programme=0, drop=True))
    if how == "labels":
        return dataset.assign_coords(sex=["girl", "boy"])
    if how == "unlabelled":
        return dataset.drop_vars("trial")
    if how == "nan":
        values = dataset["log_detection"].copy(deep=True)
        values[{"chain": 0, "draw": 0}] = np.nan
        return dataset.assign(log_detection=values)
    return dataset.isel(chain=0, drop=True)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            "lacks",
            r"^draws: no variable 'log_rr'; begin with a copy of fit_all\(evidence\)\.draws and replace",
        ),
        ("renamed", r"^draws: no variable 'log_incidence'; is it 'log_incidance'\?; begin with"),
        ("dims", r"^draws: 'log_rr' has dims \(chain, draw\); give it \(chain, draw, programme\)$"),
        ("labels", r"^draws: the labels of 'sex' must be female, male$"),
        ("unlabelled", r"^draws: the dim 'trial' has no labels; give it a coordinate$"),
        (
            "nan",
            r"^draws: 'log_detection' is not finite in 0.025 of its numbers; mend or leave out those draws$",
        ),
        ("chain", r"^draws: no dim chain; every draw has a chain and a number$"),
    ],
)
def test_draws_that_cannot_be_simulated_are_told_what_they_lack(dataset, how, message):
    with pytest.raises(ModelError, match=message):
        from_draws(broken(dataset, how))


def test_a_country_without_output_may_have_no_burden_but_not_half_of_one(dataset):
    values = dataset["log_daly_share"].copy(deep=True)
    values.loc[{"country": COUNTRIES[0]}] = np.nan
    brought.check_draws(dataset.assign(log_daly_share=values))
    values[{"chain": 0}] = 0.0
    with pytest.raises(ModelError, match=r"'log_daly_share' is not finite in 0.25 of its numbers"):
        brought.check_draws(dataset.assign(log_daly_share=values))


def test_a_question_about_a_country_without_draws_is_refused(dataset, evidence):
    posterior = from_draws(dataset.sel(country=[COUNTRIES[0]]), allow_unconverged=True)
    with pytest.raises(
        ModelError, match=rf"has no country {COUNTRIES[1]}; bring draws of it, or leave it out"
    ):
        pipeline.run(hand_scenario(OPTIONS, end=2028), evidence=evidence, posterior=posterior)
    with pytest.raises(ModelError, match=r"has no programme fairy_dust"):
        check_covers(dataset, countries=[], programmes=["fairy_dust"])


@pytest.mark.parametrize("estimand", ["B", "C"])
def test_unit_costs_of_registered_victims_multiply_estimand_a_only(dataset, evidence, estimand):
    """Draws of stocks or of survey experience can be held and looked at; costing them is refused."""
    labelled = dataset.assign_attrs(estimand=estimand)
    posterior = from_draws(labelled, allow_unconverged=True)
    assert estimand_of(posterior.draws) == estimand
    scenario = hand_scenario(OPTIONS, end=2028)
    words = (
        rf"of estimand {estimand} .*unit costs of registered victims multiply estimand A only .*cost nothing$"
    )
    with pytest.raises(ModelError, match=words):
        pipeline.run(scenario, evidence=evidence, posterior=posterior)
    with pytest.raises(ModelError, match=words):
        simulate(labelled, scenario, country=COUNTRIES[0], evidence=evidence)
    on_variable = dataset.assign(log_incidence=dataset["log_incidence"].assign_attrs(estimand=estimand))
    with pytest.raises(ModelError, match=words):
        simulate(on_variable, scenario, country=COUNTRIES[0], evidence=evidence)


def test_an_estimand_that_does_not_exist_is_told(dataset):
    with pytest.raises(
        ModelError, match=r"unknown estimand 'D'; write A, B, C \(MODEL\.md says what each is\)"
    ):
        from_draws(dataset.assign_attrs(estimand="D"), allow_unconverged=True)


def test_draws_and_every_table_of_victims_say_their_estimand(fitted, evidence):
    assert fitted.draws.attrs["estimand"] == "A"
    result = pipeline.run(
        hand_scenario(OPTIONS, end=2028), evidence=evidence, posterior=hand_posterior(evidence)
    )
    assert (result.record["estimand"], result.draws.attrs["estimand"]) == ("A", "A")
    for name, table in result.tables.items():
        if name not in (*NOT_OF_VICTIMS, "diagnostics", "sources"):
            assert set(table["estimand"]) <= {"A"}, name
    told = columns.columns_table(dict(result.tables))
    assert (told.loc[told["column"] == "estimand", "meaning"] != columns.UNDESCRIBED).all()


def test_a_submodel_of_ones_own_is_told_on_every_page(evidence):
    posterior = dataclasses.replace(hand_posterior(evidence), brought=("a sub-model effects",))
    result = pipeline.run(hand_scenario(OPTIONS, end=2028), evidence=evidence, posterior=posterior)
    assert "the author brought a sub-model effects in place of the package's" in meta_of(result).warnings[-1]
