"""Priors of one's own: named in a scenario or in Python, told on every page, kept in the run folder."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hand_posterior import hand_posterior, hand_scenario
from typer.testing import CliRunner

from costmodel import cli, pipeline
from costmodel.briefing import meta_of
from costmodel.errors import ScenarioError
from costmodel.evidence import Evidence
from costmodel.evidence.priors import default_priors, merge_priors, with_priors
from costmodel.model import fit
from costmodel.model.fit import Posterior
from costmodel.model.joint import BUILDERS
from costmodel.scenario import PriorChange, Scenario, check_scenario, read_scenario, scenario_evidence

SYNTHETIC = Path(__file__).parents[1] / "scenarios" / "synthetic.toml"
OPTIONS = {"nothing": {}, "prevent": {"parenting": {"coverage": 0.3}}}
CHANGES = {"delta_sex": {"p2": 0.6, "reason": "to see"}, "between_study_sd": {"q95": 0.4}}
WORDS = "believes before any data about between_study_sd and delta_sex"


def scenario_with_priors() -> Scenario:
    priors = {name: PriorChange(**change) for name, change in CHANGES.items()}
    return hand_scenario(OPTIONS, end=2028).model_copy(update={"priors": priors})


def posterior_of(evidence: Evidence) -> Posterior:
    """The hand-made posterior as if fitted with the priors of the evidence."""
    return dataclasses.replace(hand_posterior(evidence), priors=default_priors(evidence))


@pytest.fixture(scope="module")
def changed(evidence: Evidence) -> Evidence:
    return with_priors(evidence, merge_priors(default_priors(evidence), CHANGES))


@pytest.fixture(scope="module")
def folder(changed: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a scenario that changes two priors."""
    place = tmp_path_factory.mktemp("priors") / "run"
    result = pipeline.run(scenario_with_priors(), evidence=changed, posterior=posterior_of(changed))
    return pipeline.write_run(result, place)


def test_a_scenario_changes_the_priors_of_its_evidence(tmp_path: Path) -> None:
    over = tmp_path / "mine.toml"
    over.write_text(
        f'schema = 1\nextends = "{SYNTHETIC}"\n[priors.between_study_sd]\nq95 = 0.4\n', encoding="utf-8"
    )
    scenario = read_scenario(over)
    evidence = scenario_evidence(scenario)
    check_scenario(scenario, evidence)
    assert evidence.own_priors == ("between_study_sd",)
    assert evidence.priors.at["between_study_sd", "p1"] == pytest.approx(0.4 / 1.959964, rel=1e-6)


def test_every_page_names_the_priors_that_were_changed(folder: Path) -> None:
    for page in ("briefing.html", "figures/cost_of_inaction.txt"):
        assert WORDS in (folder / page).read_text(encoding="utf-8"), page


def test_the_run_folder_keeps_the_priors_and_can_be_run_again(folder: Path, changed: Evidence) -> None:
    again = scenario_evidence(read_scenario(folder / "scenario.toml"))
    assert again.own_priors == ("between_study_sd", "delta_sex")
    priors, before = default_priors(again), default_priors(changed)
    assert [priors[name].numbers for name in priors] == [before[name].numbers for name in before]
    kept = json.loads((folder / "record.json").read_text(encoding="utf-8"))["priors"]
    assert kept["delta_sex"] == {"family": "normal", "p1": 0.0, "p2": 0.6, "reason": "to see"}


def test_priors_changed_in_python_are_told_and_kept_too(evidence: Evidence, changed: Evidence) -> None:
    """The scenario names none, but the posterior rests on them: its run folder must say so and give them back."""
    scenario = hand_scenario(OPTIONS, end=2028)
    result = pipeline.run(scenario, evidence=evidence, posterior=posterior_of(changed))
    assert WORDS in meta_of(result).warnings[-1]
    assert pipeline.as_run(scenario, result.evidence).prior_changes["delta_sex"]["p2"] == 0.6
    plain = pipeline.run(scenario, evidence=evidence, posterior=posterior_of(evidence))
    assert plain.record["priors"] == {} and meta_of(plain).own_priors == ()
    assert plain.record["run_id"] != result.record["run_id"]


def test_many_changed_priors_are_counted(evidence: Evidence) -> None:
    scenario = hand_scenario(OPTIONS, end=2028)
    meta = meta_of(pipeline.run(scenario, evidence=evidence, posterior=posterior_of(evidence)))
    many = dataclasses.replace(meta, own_priors=tuple("abcdef"))
    assert "any data about 6 parameters, which record.json names" in many.warnings[-1]


def test_a_posterior_of_other_priors_is_refused(evidence: Evidence) -> None:
    """It would be called the answer of a scenario whose priors it never saw."""
    with pytest.raises(
        ScenarioError, match=r"priors\.between_study_sd: the posterior given does not rest on"
    ):
        pipeline.run(scenario_with_priors(), evidence=evidence, posterior=posterior_of(evidence))


def test_fit_reads_priors_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    asked = {}

    def fit_all(given: Evidence, **_: object) -> Posterior:
        asked["priors"] = given.own_priors
        return hand_posterior(evidence)

    monkeypatch.setattr(fit, "fit_all", fit_all)
    file = tmp_path / "mine.toml"
    file.write_text("[priors.delta_sex]\np2 = 0.6\n", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["fit", "--priors", str(file)])
    assert (done.exit_code, asked["priors"]) == (0, ("delta_sex",))
    file.write_text("[priors.delta_six]\np2 = 0.6\n", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["fit", "--priors", str(file)])
    assert done.exit_code == 2
    assert done.stderr == f"{file}: priors.delta_six: unknown prior; did you mean 'delta_sex'?\n"


def test_what_has_to_be_fitted_again_is_the_submodel_of_the_prior(
    evidence: Evidence, changed: Evidence
) -> None:
    """Both priors belong to unit costs: nothing else has another key."""
    settings = fit.Settings()
    keys = [
        {
            name: fit.cache.key(name, build, facts, default_priors(facts), settings)
            for name, build in BUILDERS.items()
        }
        for facts in (evidence, changed)
    ]
    assert {name for name in BUILDERS if keys[0][name] != keys[1][name]} == {"unit_cost"}
