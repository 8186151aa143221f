"""The verb of hidden populations: rows for programs, words for people, a folder, and nothing that unmasks a cell."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel.cli import app
from costmodel.evidence.lists import read_lists
from costmodel.evidence.register import DATA
from costmodel.hidden.engine import EngineFit
from costmodel.hidden.together import HiddenPopulation
from costmodel.hidden_report import engine_rows, overlap_rows, show_hidden, spread_words

UK = DATA / "mse" / "UKdat_5.csv"
QUICK = ["--engine", "independence", "--engine", "decomposable", "--quiet"]


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    done = CliRunner().invoke(app, ["hidden", "estimate", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_rows_for_programs_have_the_five_columns_and_the_mixture_below():
    """Numbers in full: a program compares them with published ones."""
    code, out, err = run(UK, *QUICK, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert list(rows[0]) == ["engine", "estimate", "low", "high", "converged"]
    assert [row["engine"] for row in rows] == ["independence", "decomposable", "mixture", "corrected"]
    assert float(rows[0]["estimate"]) == pytest.approx(13_444.13, abs=0.01)
    assert "Not for: ranking places" in err


def test_the_folder_holds_tables_figures_words_and_what_it_may_be_used_for(tmp_path):
    """Written whole; the record hashes every file, the dictionary knows every column."""
    out = tmp_path / "uk"
    code, text, _ = run(UK, *QUICK, "--out", out)
    assert code == 0
    assert "a factor of 1.7 that no single interval shows" in text
    record = json.loads((out / "record.json").read_text(encoding="utf-8"))
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert set(record["files"]) == files - {"record.json"}
    assert {"engines.csv", "overlap.csv", "leave_one_list_out.csv", "figures/engines.svg"} <= files
    known = set(pd.read_csv(out / "columns.csv")["column"])
    for name in ("engines", "overlap", "leave_one_list_out"):
        assert set(pd.read_csv(out / f"{name}.csv").columns) <= known
    assert "price on a child" in (out / "ethics.txt").read_text(encoding="utf-8")


def test_another_folder_is_not_replaced(tmp_path):
    """A folder with something else in it is refused before any engine runs, and stays as it was."""
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    code, _, err = run(UK, *QUICK, "--out", tmp_path)
    assert code == 2
    assert "not a hidden population folder" in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("bad-lists-name.csv", "may identify a person"), ("nowhere.csv", "no such file")],
)
def test_a_table_that_cannot_be_read_is_one_message_and_exit_code_two(name, words):
    """No traceback."""
    code, out, err = run(Path(__file__).parent / "data" / name, *QUICK)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_no_output_shows_a_small_cell_or_what_was_put_in_its_place(tmp_path):
    """Cells below five as intervals: no file of the folder holds a count of persons from 1 to 4."""
    table = tmp_path / "lists.csv"
    table.write_text(
        "A,B,C,count\n1,0,0,60\n0,1,0,40\n0,0,1,50\n1,1,0,<5\n1,0,1,12\n0,1,1,1-4\n", encoding="utf-8"
    )
    out = tmp_path / "out"
    code, text, _ = run(table, *QUICK, "--out", out)
    assert code == 0
    assert "160-170 persons on 3 lists" in text
    overlap = pd.read_csv(out / "overlap.csv", dtype=str)
    pairs = overlap[overlap["first"] != overlap["second"]].set_index(["first", "second"])["persons"]
    assert pairs.to_dict() == {("A", "B"): "<5", ("A", "C"): "10", ("B", "C"): "<5"}
    assert "n_listed" not in pd.read_csv(out / "leave_one_list_out.csv")


def test_what_is_printed_does_not_give_a_small_cell_away_by_subtraction(tmp_path):
    """120 on A alone, 60 on B alone, 3 on both: 123 + 63 - 183 = 3, unless all three are rounded to 5."""
    table = tmp_path / "two.csv"
    table.write_text("A,B,count\n1,0,120\n0,1,60\n1,1,3\n", encoding="utf-8")
    _, text, _ = run(table, *QUICK)
    assert "two: 185 persons on 2 lists" in text
    shown = {(row["first"], row["second"]): row["persons"] for row in overlap_rows(read_lists(table))}
    assert shown == {("A", "A"): "125", ("A", "B"): "<5", ("B", "B"): "65"}


def test_exact_small_counts_are_not_printed_either():
    """UK: one person is on the lists of an organisation and of the public together."""
    rows = {(row["first"], row["second"]): row["persons"] for row in overlap_rows(read_lists(UK))}
    assert rows["NG", "GP"] == "<5"
    assert rows["LA", "GP"] == "0"
    assert rows["PFNCA", "GO"] == "80"


def fit(name: str, value: float, *, converged: bool) -> EngineFit:
    """An engine that says one number."""
    return EngineFit(name, value, np.full(10, value), np.zeros(31), converged=converged, note="")


def population(*fits: EngineFit) -> HiddenPopulation:
    """What some engines say of the UK table, mixed without weights."""
    none = np.empty(0)
    weights = {one.engine: 0.0 for one in fits}
    return HiddenPopulation(read_lists(UK), {one.engine: one for one in fits}, weights, none, none)


def test_the_spread_is_of_engines_that_converged():
    """10,000 and 20,000 converged, 90,000 did not: a factor of 2.0."""
    found = population(
        fit("independence", 10_000, converged=True),
        fit("stepwise", 20_000, converged=True),
        fit("latent_class", 90_000, converged=False),
    )
    rows = engine_rows(found, level=0.95, every=False)
    assert "a factor of 2.0" in spread_words(rows)
    assert "Only one engine, or none" in spread_words(rows[2:])


def test_an_engine_that_has_not_converged_says_so_in_the_table():
    """NO in capitals, beside its number."""
    found = population(fit("stepwise", 20_000, converged=True), fit("latent_class", 90_000, converged=False))
    text = show_hidden(found, engine_rows(found, level=0.95, every=False), [], level=0.95)
    line = next(line for line in text.splitlines() if "latent_class" in line)
    assert " NO " in line


def test_all_engines_have_a_row_even_where_one_cannot_take_the_table():
    """Five rows for five engines: a reader sees which one is missing."""
    rows = engine_rows(population(fit("stepwise", 20_000, converged=True)), level=0.95, every=True)
    assert len(rows) == 5
    assert np.isnan(rows[0]["estimate"])
    assert not rows[0]["converged"]
