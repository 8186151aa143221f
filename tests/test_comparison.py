"""Two runs compared: by hand, paired where they may be, and refused or told where they may not."""

import csv
import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hand_posterior import hand_posterior, hand_scenario
from typer.testing import CliRunner

from costmodel import cli, pipeline, record
from costmodel.comparison import Run, compare, read_run
from costmodel.errors import RunError
from costmodel.scenario import dump_scenario

OPTIONS = {"prevent": {"parenting": {"coverage": 0.3}}}


def made(folder, scenario, *, burden, spend, seed=1, keys="a", draws=4, chains=2):
    """A run of two options by hand: draws of burden and spend by option, no other violence."""
    shape = ("option", "chain", "draw")
    data = {
        name: (shape, np.asarray(values, dtype=float).reshape(2, chains, -1))
        for name, values in {"burden": burden, "spend": spend, "violence_averted": np.zeros((2, 8))}.items()
    }
    dataset = xr.Dataset(data, coords={"option": list(scenario.options)}).expand_dims(discount=["eu_3"])
    about = {
        "fit": {"keys": {"effects": keys}, "diagnostics": [{"draws": draws}]},
        "seed": seed,
        "draws": 8,
        "version": "1",
        "evidence": {"files": {}},
        "converged": True,
    }
    return Run(folder, scenario, about, dataset)


def question(**changes):
    return hand_scenario(OPTIONS, discount=["eu_3"], **changes)


def row(found, option, quantity, scope="trafficking"):
    table = found.table
    kept = table[(table["option"] == option) & (table["quantity"] == quantity) & (table["scope"] == scope)]
    assert len(kept) == 1
    return kept.iloc[0]


UP, DOWN = np.arange(8.0), np.arange(8.0)[::-1]


@pytest.fixture
def pair(tmp_path):
    """Inaction burdens 100 + i in both; the option's burden is 60 + i and then 55 + i, its spend 10 and then 12."""
    flat = np.ones(8)
    a = made(tmp_path / "a", question(), burden=[100 + UP, 60 + UP], spend=[0 * flat, 10 * flat])
    b = made(tmp_path / "b", question(end=2040), burden=[100 + UP, 55 + UP], spend=[0 * flat, 12 * flat])
    return a, b


def test_paired_differences_by_hand(pair):
    """Burden 55 - 60 = -5; cost of inaction 45 - 40 = 5; spend 2; net benefit 33 - 30 = 3: the same in every draw,
    though each burden spans seven units: what both share cancels."""
    found = compare(*pair)
    assert found.unpaired == ""
    for quantity, expected in {"burden": -5, "cost_of_inaction": 5, "spend": 2, "net_benefit": 3}.items():
        line = row(found, "prevent", quantity)
        assert [line[name] for name in ("mean", "low", "mid", "high", "mcse")] == [expected] * 4 + [0]
    assert row(found, "prevent", "net_benefit")["a_mean"] == 30
    assert row(found, "prevent", "net_benefit")["b_mean"] == 33
    assert row(found, "inaction", "burden")["mean"] == 0


def test_other_violence_is_compared_on_its_own_line(pair):
    """1 of other violence averted in the second run only: 5 + 1 and 3 + 1 on that line, nothing on the first."""
    a, b = pair
    more = b.draws.copy(deep=True)
    more["violence_averted"].loc[{"option": "prevent"}] = 1.0
    found = compare(a, dataclasses.replace(b, draws=more))
    assert row(found, "prevent", "cost_of_inaction", "all_violence")["mean"] == 6
    assert row(found, "prevent", "net_benefit", "all_violence")["mean"] == 4
    assert row(found, "prevent", "net_benefit")["mean"] == 3


def test_savings_of_one_run_alone_are_compared_with_none(pair):
    """7 saved in the second run only: net benefit 33 + 7 - 30 = 10, which is 5 averted + 7 saved - 2 spent more."""
    a, b = pair
    more = b.draws.copy(deep=True)
    more["offset"] = 0 * more["spend"]
    more["offset"].loc[{"option": "prevent"}] = 7.0
    saves = dataclasses.replace(b, draws=more)
    for first, second, sign in ((a, saves, 1), (saves, a, -1)):
        found = compare(first, second)
        assert row(found, "prevent", "offset")["mean"] == sign * 7
        assert row(found, "prevent", "net_benefit")["mean"] == sign * 10
    assert "offset" not in set(compare(a, b).table["quantity"])


def test_a_run_differs_from_itself_by_exactly_nothing(pair):
    found = compare(pair[0], pair[0])
    assert (found.table[["mean", "low", "mid", "high", "mcse"]] == 0).all(axis=None)
    assert found.changed.empty


def test_the_keys_that_differ_are_named(pair):
    found = compare(*pair)
    assert found.changed.to_dict("records") == [{"key": "end", "a": "2035", "b": "2040"}]


def test_a_programme_that_only_one_has_is_named_by_its_keys(pair):
    b = dataclasses.replace(pair[1], scenario=hand_scenario({"prevent": {}}, discount=["eu_3"]))
    keys = set(compare(pair[0], b).changed["key"])
    assert "options.prevent.programmes.parenting.coverage" in keys


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 2}, "their seeds differ (1 and 2)"),
        ({"keys": "b"}, "they rest on other fits (effects)"),
        ({"draws": 5}, "they keep other draws of the fit (8 and 8)"),
    ],
)
def test_runs_that_share_no_draws_have_no_interval_and_say_why(tmp_path, changes, words):
    """Errors of the two means add in squares: with the same draws in both, the square root of two times one's."""
    burden, spend = [100 + UP, 60 + DOWN], np.zeros((2, 8))
    a = made(tmp_path / "a", question(), burden=burden, spend=spend)
    b = made(tmp_path / "b", question(), burden=burden, spend=spend, **changes)
    found = compare(a, b)
    assert found.unpaired == words
    line = row(found, "prevent", "burden")
    assert np.isnan([line["low"], line["mid"], line["high"]]).all()
    assert line["mean"] == 0
    assert line["mcse"] == pytest.approx(np.sqrt(2) * line["a_mcse"])
    assert not found.table["paired"].any()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"currency": "USD"}, "its money is USD2024, that of"),
        ({"discount": ["zero"]}, "shares no discount preset with"),
    ],
)
def test_runs_that_cannot_be_subtracted_are_refused(pair, changes, words):
    b = dataclasses.replace(pair[1], scenario=hand_scenario(OPTIONS, **({"discount": ["eu_3"]} | changes)))
    with pytest.raises(RunError, match=words):
        compare(pair[0], b)


def test_runs_without_a_common_option_are_refused(pair):
    other = hand_scenario({"act": {}}, discount=["eu_3"])
    renamed = other.model_copy(
        update={
            "options": {"none": other.options["inaction"], "act": other.options["act"]},
            "comparator": "none",
        }
    )
    with pytest.raises(RunError, match=r"shares no option with .*; options are matched by their key"):
        compare(pair[0], dataclasses.replace(pair[1], scenario=renamed))


@pytest.fixture(scope="module")
def folders(evidence, tmp_path_factory):
    """Two runs of the hand-made posterior as they lie on disk, without figures and briefing."""
    found = []
    for end in (2028, 2027):
        folder = tmp_path_factory.mktemp(f"to{end}")
        scenario = hand_scenario(OPTIONS, end=end)
        result = pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))
        record.write_part(dump_scenario(scenario), folder / "scenario.toml")
        record.write_draws(result.draws, folder / record.DRAWS)
        record.write_record(result.record, folder)
        found.append(str(folder))
    return found


def _call(*arguments):
    return CliRunner().invoke(cli.app, ["compare", *arguments])


def test_a_shorter_horizon_spends_less_in_every_draw(folders):
    """A year less: the whole interval of the difference of spend and of burden lies below zero."""
    found = compare(*(read_run(Path(folder)) for folder in folders))
    assert found.unpaired == ""
    table = found.table[found.table["quantity"].isin(["burden", "spend"])]
    assert (table["high"] < 0).all()


def test_the_verb_prints_the_same_rows_in_every_form(folders):
    """Text names what differs and that runs are paired; JSON and CSV hold the same numbers."""
    text = _call(*folders).stdout
    assert "│ end │ 2028 │ 2027 │" in text
    assert "Paired: draw by draw" in text
    found = json.loads(_call(*folders, "--format", "json").stdout)
    assert found["changed"] == [{"key": "end", "a": "2028", "b": "2027"}]
    called = _call(*folders, "--format", "csv")
    table = list(csv.DictReader(io.StringIO(called.stdout)))
    assert [float(line["mean"]) for line in table] == [line["mean"] for line in found["rows"]]
    assert "Differs: end: 2028 -> 2027" in called.stderr


def test_folders_that_are_no_runs_are_one_message(folders, tmp_path):
    """One that is not there, one that is something else, one whose draws were deleted: exit code 2 each."""
    (tmp_path / "other").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "record.json").write_text('{"run_id": "1"}')
    for name, words in {
        "nowhere": "no such folder",
        "other": "no run folder (no record.json of a run)",
        "broken": "cannot be read",
    }.items():
        called = _call(folders[0], str(tmp_path / name))
        assert (called.exit_code, called.stdout) == (2, "")
        assert words in called.stderr
        assert called.stderr.count("\n") == 1
