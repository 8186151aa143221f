"""Print results on stdout, for people as tables, for programs as JSON or CSV with the same rows."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

Row = Mapping[str, Any]

PIPED_WIDTH = 200
"""Columns of a table that goes to a file or another program, where nobody's window is too narrow."""


class Form(StrEnum):
    """How results are printed."""

    text = "text"
    json = "json"
    csv = "csv"


def print_rows(
    rows: Sequence[Row],
    *,
    form: Form,
    text: str,
    notes: Mapping[str, str] | None = None,
    beside: Mapping[str, Sequence[Row]] | None = None,
) -> None:
    """Print rows on stdout in the form asked for.

    Args:
        rows: The rows, all with the same keys.
        form: Text for people, JSON or CSV for programs.
        text: The same rows as people read them.
        notes: What must be said beside the rows: lines under the text, keys of the JSON object; CSV has no
            place for them, so there they go to stderr.
        beside: Further rows by name, which the text shows too: keys of the JSON object; CSV holds one table.
    """
    notes = notes or {}
    if form is Form.text:
        print(text, *_say_notes(notes), sep="\n")
    elif form is Form.json:
        tables = {
            name: [{key: _plain(value) for key, value in row.items()} for row in table]
            for name, table in {"rows": rows, **(beside or {})}.items()
        }
        print(json.dumps({**notes, **tables}, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _plain(value) for key, value in row.items()} for row in rows)
        for line in _say_notes(notes):
            print(line, file=sys.stderr)


def _say_notes(notes: Mapping[str, str]) -> list[str]:
    """Write notes as lines: run_folder becomes Run folder."""
    return [f"{key.replace('_', ' ').capitalize()}: {note}" for key, note in notes.items()]


def _plain_console(file: io.StringIO, width: int) -> Console:
    """A console that writes text alone, in a notebook too."""
    return Console(
        file=file,
        width=width,
        no_color=True,
        highlight=False,
        force_terminal=False,
        force_jupyter=False,
    )


def render_table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str = "",
    caption: str = "",
    lines: bool = False,
) -> str:
    """Draw a table as wide as the window, or wide enough for a file.

    Args:
        heads: Heads of the columns.
        rows: Cells, as many in each row as there are heads.
        title: Line above.
        caption: Lines below.
        lines: Whether a line separates the rows.

    Returns:
        The table as text.
    """
    # plain Text throughout: square brackets of a cell are never taken for markup
    drawn_with = box.SQUARE if (sys.stdout.encoding or "").lower().startswith("utf") else box.ASCII2
    table = Table(
        title=Text(title) if title else None, title_justify="left", show_lines=lines, box=drawn_with
    )
    for head in heads:
        table.add_column(Text(head), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    width = shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if sys.stdout.isatty() else PIPED_WIDTH
    drawn = io.StringIO()
    _plain_console(drawn, width).print(table)
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines()) + (
        f"\n{caption}" if caption else ""
    )


@dataclass(frozen=True)
class Branch:
    """A line of a tree, and what hangs below it."""

    text: str
    below: tuple[Branch, ...] = ()


def render_tree(trunk: Branch) -> str:
    """Draw a tree as wide as the window, or wide enough for a file.

    Args:
        trunk: Its first line, and its branches.

    Returns:
        The tree as text, long lines wrapped.

    Example:
        >>> print(render_tree(Branch("burden", (Branch("health"), Branch("output")))))
        burden
        ├── health
        └── output
    """

    def grown(branch: Branch, tree: Tree) -> Tree:
        for below in branch.below:
            grown(below, tree.add(Text(below.text)))
        return tree

    width = shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if sys.stdout.isatty() else PIPED_WIDTH
    drawn = io.StringIO()
    _plain_console(drawn, width).print(grown(trunk, Tree(Text(trunk.text))))
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines())


def show_plain(rows: Sequence[Row], *, title: str = "") -> str:
    """Draw rows as they are, numbers to four digits.

    Args:
        rows: The rows, all with the same keys.
        title: Line above.

    Returns:
        The table as text.
    """
    cells = [[_short(value) for value in row.values()] for row in rows]
    return render_table(list(rows[0]) if rows else ["nothing"], cells, title=title)


def show_anchors(rows: Sequence[Row]) -> str:
    """Draw anchors: what each source prints, and what is done with it.

    Args:
        rows: Rows of anchors.csv with their id.

    Returns:
        The table as text, a line under it that counts the rows.
    """
    heads = [
        "id",
        "as printed",
        "measure",
        "prices of",
        "where",
        "module",
        "role",
        "grade",
        "status",
        "source",
    ]
    cells = [
        [
            str(row["id"]),
            printed_value(row),
            str(row["measure"]),
            _short(row["price_year"])
            + (f" ({row['price_year_status']})" if row["price_year_status"] not in ("stated", "") else ""),
            str(row["geography"]),
            str(row["module"]),
            str(row["role"]),
            str(row["grade"]),
            str(row["status"]),
            f"{row['source']}, {row['locator']}",
        ]
        for row in rows
    ]
    caption = (
        f"{len(rows)} anchors, as their sources print them: nothing is deflated, converted or rescaled here."
    )
    return render_table(heads, cells, caption=caption, lines=True)


def printed_value(row: Row) -> str:
    """Write the numbers of an anchor as its source states them.

    Args:
        row: A row of anchors.csv.

    Returns:
        The number, interval or bound with its unit.

    Example:
        >>> edge = {"statement": "at_most", "low": None, "value": None, "high": 0.08, "unit": "share of GDP"}
        >>> printed_value(edge)
        'at most 0.08 share of GDP'
    """
    low, value, high = (_number(row[key]) for key in ("low", "value", "high"))
    if row["statement"] == "at_most":
        words = f"at most {high}"
    elif row["statement"] == "at_least":
        words = f"at least {low}"
    elif low and high and value:
        words = f"{value} ({'range ' if row['statement'] == 'range' else ''}{low} to {high})"
    elif low and high:
        words = f"{low} to {high}"
    else:
        words = value
    return f"{words} {row['unit']}"


def _number(value: Any) -> str:
    """Write a number in full, commas between thousands; nothing for a missing one."""
    value = _plain(value)
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.12g}"


def _short(value: Any) -> str:
    """Write a value for a table cell."""
    value = _plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}"
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: numpy's numbers as Python's, missing as null."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return (
        value
        if value is None or isinstance(value, str | int | float)
        else (None if value != value else str(value))
    )
