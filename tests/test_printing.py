"""What is printed for programs can be read by them; what is printed for people is as the source has it."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest

from costmodel.printing import Form, print_rows, printed_value, render_table, show_plain

NAN = math.nan


@pytest.mark.parametrize(
    ("statement", "low", "value", "high", "words"),
    [
        ("point", NAN, 337462.0, NAN, "337,462 EUR"),
        ("interval", 44896.0, 89390.0, 145508.0, "89,390 (44,896 to 145,508) EUR"),
        ("range", 3.3e9, NAN, 4.3e9, "3,300,000,000 to 4,300,000,000 EUR"),
        ("range", 1.36, 1.88, 2.52, "1.88 (range 1.36 to 2.52) EUR"),
        ("at_most", NAN, NAN, 7e12, "at most 7,000,000,000,000 EUR"),
        ("at_most", NAN, NAN, 0.08, "at most 0.08 EUR"),
        ("at_least", 0.0107, NAN, NAN, "at least 0.0107 EUR"),
    ],
)
def test_an_anchor_is_printed_as_its_source_states_it(
    statement: str, low: float, value: float, high: float, words: str
) -> None:
    """A bound must never look like a point: of the two figures all quote, one is an edge."""
    row = {"statement": statement, "low": low, "value": value, "high": high, "unit": "EUR"}
    assert printed_value(row) == words


def test_json_holds_no_value_that_json_cannot_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """NaN is not JSON: it becomes null; numpy's numbers become numbers."""
    print_rows([{"a": np.float64(NAN), "b": np.int64(3), "c": np.bool_(True)}], form=Form.json, text="")
    assert json.loads(capsys.readouterr().out)["rows"] == [{"a": None, "b": 3, "c": True}]


def test_csv_keeps_commas_quotes_and_line_ends_inside_their_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """A locator with a comma, or two problems of a file, is still one cell."""
    rows = [{"locator": 'table 1, "total"', "problem": "first\nsecond"}]
    print_rows(rows, form=Form.csv, text="")
    assert list(csv.DictReader(io.StringIO(capsys.readouterr().out))) == rows


def test_no_rows_are_an_empty_table_and_not_a_crash(capsys: pytest.CaptureFixture[str]) -> None:
    """`anchors --role transfer` may find nothing."""
    print_rows([], form=Form.json, text="")
    assert json.loads(capsys.readouterr().out)["rows"] == []
    assert show_plain([], title="Nothing").startswith("Nothing")


def test_square_brackets_in_a_cell_are_printed_and_not_taken_for_markup() -> None:
    """A source may be called [red]; rich would eat it."""
    assert "[red]x[/red]" in render_table(["a"], [["[red]x[/red]"]])
