"""The straight line with a posterior made by hand: what goes in comes out, and says what it rests on."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hand_posterior import CHAINS, DRAWS, N_DRAWS, hand_draws, hand_posterior, hand_scenario

from costmodel import pipeline
from costmodel.errors import CostmodelError, OutputError, ScenarioError
from costmodel.scenario import read_scenario
from costmodel.selftest import run_selftest

OPTIONS = {
    "nothing": {},
    "prevent": {"parenting": {"coverage": 0.3}},
    "disrupt": {"specialised_enforcement": {"coverage": {2026: 0.1, 2028: 0.5}}},
}


def question(**changes):
    """Three years, so that there is little to summarise."""
    return hand_scenario(OPTIONS, end=2028, **changes)


@pytest.fixture(scope="module")
def posterior(evidence):
    return hand_posterior(evidence)


@pytest.fixture(scope="module")
def result(evidence, posterior):
    return pipeline.run(question(), evidence=evidence, posterior=posterior)


def test_thinning_keeps_the_first_and_the_last_draw_and_even_steps():
    """10 of 2 x 20: 5 a chain, at 0, 4.75, 9.5, 14.25 and 19, rounded (a half to the even side)."""
    draws = xr.Dataset(
        {"x": (("chain", "draw"), np.arange(40).reshape(2, 20))}, coords={"draw": np.arange(20)}
    )
    kept = pipeline.thin(draws, 10)
    assert kept["draw"].to_numpy().tolist() == [0, 5, 10, 14, 19]
    assert kept["x"].sel(chain=1).to_numpy().tolist() == [20, 25, 30, 34, 39]


@pytest.mark.parametrize("n_draws", [8, 11, 26, 40])
def test_thinning_never_keeps_a_draw_twice(n_draws):
    draws = xr.Dataset(
        {"x": (("chain", "draw"), np.arange(40).reshape(2, 20))}, coords={"draw": np.arange(20)}
    )
    kept = pipeline.thin(draws, n_draws)["x"].to_numpy().ravel()
    assert len(set(kept)) == kept.size == 2 * (n_draws // 2)


def test_all_draws_are_kept_where_none_are_asked_for(evidence):
    draws = hand_draws(evidence)
    assert pipeline.thin(draws, None) is draws


def test_more_draws_than_the_fit_holds_need_a_longer_fit(evidence):
    """50 of 40 on 2 chains: 25 a chain."""
    with pytest.raises(CostmodelError) as refused:
        pipeline.thin(hand_draws(evidence), 50)
    assert str(refused.value) == (
        "--draws 50: the fit holds 40; make a longer one with costmodel fit --draws 25 (draws a chain keeps)"
    )


def test_too_few_draws_for_an_interval_are_refused(evidence):
    with pytest.raises(CostmodelError, match="--draws 7: too few to state an interval; ask for 8 or more"):
        pipeline.thin(hand_draws(evidence), 7)


def test_a_run_uses_the_draws_asked_for(evidence, posterior):
    found = pipeline.run(question(), evidence=evidence, posterior=posterior, draws=16)
    assert found.record["draws"] == found.draws.sizes["chain"] * found.draws.sizes["draw"] == 16


def test_headline_draws_are_those_of_the_headline_table(result):
    """Mean of the stored draws of the burden = mean of the table, for every option and preset."""
    table = result.tables["headline"].query("quantity == 'burden' and perspective == 'societal'")
    for row in table.itertuples():
        stored = result.draws["burden"].sel(option=row.option, discount=row.discount)
        assert float(stored.mean()) == pytest.approx(row.mean)
    assert result.draws["burden"].dims == ("chain", "draw", "option", "discount")


def test_the_same_question_gives_the_same_bytes(evidence, posterior, result):
    again = pipeline.run(question(), evidence=evidence, posterior=posterior)
    for name, table in result.tables.items():
        assert again.tables[name].to_csv() == table.to_csv(), name
    assert again.record["run_id"] == result.record["run_id"]


def test_the_order_of_countries_in_the_file_does_not_matter(evidence, posterior, result):
    turned = question(countries=["BEN", "NLD"])
    found = pipeline.run(turned, evidence=evidence, posterior=posterior)
    assert found.tables["headline"].to_csv() == result.tables["headline"].to_csv()


def test_another_seed_moves_unit_costs_of_programmes_and_nothing_of_the_burden(evidence, posterior, result):
    other = pipeline.run(question(), evidence=evidence, posterior=posterior, seed=99)
    assert other.record["seed"] == 99
    assert other.record["run_id"] != result.record["run_id"]
    assert np.array_equal(other.draws["burden"], result.draws["burden"])
    assert not np.array_equal(
        other.draws["spend"].sel(option="prevent"), result.draws["spend"].sel(option="prevent")
    )


def test_without_discounting_the_burden_is_higher(result):
    """The headline rises under preset zero, in every draw."""
    burden = result.draws["burden"]
    assert (burden.sel(discount="zero") > burden.sel(discount="eu_3")).all()


def test_a_region_is_its_countries(evidence):
    assert len(pipeline.countries_of(question(countries=["EU27"]), evidence)) == 27


def test_a_scenario_is_checked_before_anything_is_computed(evidence, posterior):
    with pytest.raises(ScenarioError, match="did you mean 'parenting'"):
        pipeline.run(
            hand_scenario({"act": {"parentin": {"coverage": 0.1}}}), evidence=evidence, posterior=posterior
        )


def test_the_record_says_what_is_needed_to_make_it_again(result, posterior):
    assert result.record["fit"]["keys"] == dict(posterior.keys)
    assert result.record["countries"] == ["BEN", "NLD"]
    assert result.record["draws"] == N_DRAWS == CHAINS * DRAWS
    assert set(result.record["citations"]) == set(result.tables["sources"]["key"])


def test_the_record_keeps_what_the_scenario_says_of_itself(result):
    assert result.record["scenario"].items() >= pipeline.said_by(result.scenario).items()


def test_a_run_on_a_fit_that_failed_the_gate_says_so(evidence):
    found = pipeline.run(question(), evidence=evidence, posterior=hand_posterior(evidence, converged=False))
    assert found.record["converged"] is False


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    return pipeline.write_run(result, tmp_path_factory.mktemp("run") / "out")


def test_a_run_folder_is_complete(folder, result):
    names = {path.name for path in folder.iterdir()}
    assert {
        "scenario.toml",
        "record.json",
        "results.nc",
        "tables",
        "figures",
        "briefing.html",
        "references.bib",
    } <= names
    assert {path.stem for path in (folder / "tables").iterdir()} == set(result.tables)


def test_the_record_is_json_and_hashes_every_other_file(folder):
    found = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert set(found["files"]) == files - {"record.json"}


def test_the_scenario_in_the_folder_asks_the_same_question(folder, result):
    """What it left to the evidence is written out: inflation of 2%."""
    asked = {**result.scenario.model_dump(), "inflation": 0.02}
    assert read_scenario(folder / "scenario.toml").model_dump() == asked


def test_tables_on_disk_are_those_in_memory(folder, result):
    for name, table in result.tables.items():
        stored = pd.read_csv(folder / "tables" / f"{name}.csv", keep_default_na=False, na_values=[""])
        assert list(stored.columns) == list(table.columns), name
        assert len(stored) == len(table), name


def test_draws_on_disk_are_those_in_memory(folder, result):
    with xr.open_dataset(folder / "results.nc") as stored:
        assert np.array_equal(stored["burden"], result.draws["burden"])
        assert stored.attrs["unit"] == "EUR2024"


def test_a_run_folder_is_replaced_and_a_folder_of_somebody_else_is_not(folder, result, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="not a run folder"):
        pipeline.write_run(result, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    pipeline.check_out(folder)


def test_a_run_that_fails_while_it_is_written_leaves_the_older_one(folder, result, monkeypatch):
    before = (folder / "record.json").read_bytes()

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "write_briefing", stop)
    monkeypatch.setattr(pipeline, "write_figures", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        pipeline.write_run(result, folder)
    assert (folder / "record.json").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_the_self_test_passes_and_can_fail(monkeypatch):
    """Each check passes; with a discount that forgets mid-year its closed form fails, and only that one."""
    table = run_selftest(quiet=True)
    assert list(table) == ["check", "expected", "found", "passed"]
    assert table["passed"].all()
    assert len(table) > 10
    real = pipeline.appraisal.economics.discount_factors

    def end_of_year(schedule, *, n_years):
        return real(schedule, n_years=n_years) / np.sqrt(1 + schedule[0][1])

    monkeypatch.setattr("costmodel.selftest.economics.discount_factors", end_of_year)
    broken = run_selftest(quiet=True)
    assert broken[~broken["passed"]]["check"].tolist() == ["100 in each of two years at 21%, mid-year"]
