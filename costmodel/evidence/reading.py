"""Read one table or bibliography; a row that does not hold is named with its file, its place and the remedy."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence.agreement import refuse
from costmodel.evidence.merging import check_unique
from costmodel.evidence.rows import base
from costmodel.evidence.rows.base import Row


@dataclass(frozen=True)
class Table:
    """One table: its file, what a row must say, and whether its key is the index."""

    file: str
    model: type[Row]
    indexed: bool = True


def read_table(path: Path, table: Table) -> pd.DataFrame:
    """Read one table and hold each of its rows to its model.

    Args:
        path: The file; `NA` in it is Namibia's code, never a missing value.
        table: What its rows must say.

    Returns:
        Its rows; blank numbers are NaN, blank words are "".

    Raises:
        EvidenceError: If the file is missing, a column is unknown or missing, or a row does not hold.
    """
    lines = read_lines(path)
    columns = lines[0][1]
    _check_columns(path, columns, table.model)
    for line, cells in lines[1:]:
        if len(cells) != len(columns):
            raise EvidenceError(
                f"{path.name}, line {line}: {len(cells)} cells under {len(columns)} columns; quote cells with commas"
            )
    given = [
        {name: cell for name, cell in zip(columns, cells, strict=True) if cell} for _, cells in lines[1:]
    ]
    try:
        validated = TypeAdapter(list[table.model]).validate_python(given)  # type: ignore[name-defined]
    except ValidationError as error:
        numbers = [line for line, _ in lines[1:]]
        refuse(_describe(path, error, given, numbers, table.model))
    keys = [_row_name(row.__dict__, table.model.key) for row in validated]
    check_unique(path.name, keys)
    return _frame(validated, table)


def read_lines(path: Path) -> list[tuple[int, list[str]]]:
    """Number and cells of each line of a CSV file, header first; blank lines and lines that begin with # left out."""
    lines = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            for cells in reader:
                if any(cells) and not cells[0].lstrip().startswith("#"):
                    lines.append((reader.line_num, [cell.strip() for cell in cells]))
    except FileNotFoundError:
        raise EvidenceError(
            f"{path}: no such file; give the path of a table with the columns of data/README.md"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise EvidenceError(f"{path}, near line {line}: is not UTF-8 text; save it as CSV UTF-8") from None
    except (OSError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise EvidenceError(f"{path}: cannot be read ({why}); save it as a CSV file in UTF-8") from None
    if not lines:
        raise EvidenceError(f"{path}: empty; the first line must name the columns")
    for sign, word in SEPARATORS.items():
        if len(lines[0][1]) == 1 and sign in lines[0][1][0]:
            raise EvidenceError(
                f"{path}: cells are separated by {word}; save the file with commas between them"
            )
    return lines


def _check_columns(path: Path, columns: list[str], model: type[Row]) -> None:
    """Every column is known, none is there twice, none that must be filled in is missing."""
    known = model.model_fields
    for column in columns:
        if column not in known:
            raise EvidenceError(
                f"{path.name}: unknown column {column!r}{suggestion(column, known)}; see data/README.md"
            )
        if columns.count(column) > 1:
            raise EvidenceError(f"{path.name}: two columns called {column!r}; keep one")
    for column, info in known.items():
        if info.is_required() and column not in columns:
            raise EvidenceError(f"{path.name}: no column {column!r}; {_remedy(info)}")


def _remedy(info: FieldInfo) -> str:
    """What to do about a number or word that is missing."""
    return f"give {info.description}" if info.description else "fill it in"


def _row_name(values: Mapping[str, Any], key: tuple[str, ...]) -> str:
    """The name of a row: its id, or the fields that name it."""
    return " ".join(str(values[name]) for name in key)


def _describe(
    path: Path, error: ValidationError, given: list[dict[str, str]], numbers: list[int], model: type[Row]
) -> Iterator[str]:
    """Each problem of a file in one line: where, what, what to do."""
    for problem in error.errors(include_url=False):
        place = int(problem["loc"][0])
        named = all(name in given[place] for name in model.key)
        row = f"row {_row_name(given[place], model.key)}" if named else f"line {numbers[place]}"
        column = str(problem["loc"][1]) if len(problem["loc"]) > 1 else ""
        yield f"{path.name}, {row}: {_explain(problem, column, model)}"


#: What stands between cells where a comma should.
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "upright lines"}
#: Pattern of a code -> how it is said.
CODES = {
    r"^[A-Z][A-Z0-9]{2,4}$": "the code of a country or region in capitals, as NLD or EU27",
    r"^[A-Z]{3}$": "three capitals, as NLD or EUR",
    r"^([A-Z]{3})?$": "the ISO 4217 code of a currency, as EUR",
    r"^[A-Za-z0-9_]+$": "letters, digits and underscores, as my_study_2024",
}
#: Kind of problem -> what is said of it; words in braces come from the problem.
SAID = {
    "missing": "no {column}; {remedy}",
    "value_error": "{error}",
    "literal_error": "{column} is {written!r}; write one of {words}{hint}",
    "greater_than_equal": "{column} is {written}; it must be {ge:g} or more",
    "less_than_equal": "{column} is {written}; it must be {le:g} or less",
    "greater_than": "{column} is {written}; it must be above {gt:g}",
    "less_than": "{column} is {written}; it must be below {lt:g}",
    "string_pattern_mismatch": "{column} is {written!r}; write {code}",
    "int_parsing": "{column} is {written!r}; write a whole number, or leave it blank if it is not known",
    "int_from_float": "{column} is {written!r}; write a whole number",
    "float_parsing": "{column} is {written!r}; write a number, or leave it blank if it is not known",
    "finite_number": "{column} is {written!r}; write a finite number, or leave it blank if it is not known",
}


def _explain(problem: Any, column: str, model: type[Row]) -> str:
    """One problem of one cell in words."""
    kind, written = problem["type"], problem["input"]
    words: list[str] = []
    if kind == "literal_error":
        words = [word for word in _words(model.model_fields[column].annotation) if word]
    context = problem.get("ctx", {})
    if kind == "int_parsing" and str(written).startswith("<"):
        return f"{column} is {written!r}; a masked cell is an interval: write 0 in the column _low and 4 in _high"
    return SAID.get(kind, "{column}: {msg}").format(
        column=column,
        written=written,
        msg=problem["msg"],
        remedy=_remedy(model.model_fields[column]) if column else "",
        words=", ".join(words),
        hint=suggestion(str(written), words),
        code=CODES.get(context.get("pattern", ""), f"what looks like {context.get('pattern', '')}"),
        **context,
    )


def _words(annotation: Any) -> Iterator[str]:
    """The words that a field with a choice of words may hold."""
    for argument in get_args(annotation):
        yield from _words(argument) if get_args(argument) else [argument] if isinstance(argument, str) else []


def _frame(validated: Sequence[Row], table: Table) -> pd.DataFrame:
    """Rows as columns: numbers as numbers with NaN for blank, words as words."""
    columns: dict[str, Any] = {}
    known = table.model.model_fields
    own = {name: info for name, info in known.items() if name not in base.Sourced.model_fields}
    for name, info in {**own, **known}.items():
        cells = [getattr(row, name) for row in validated]
        numeric = float in _types(info.annotation) or int in _types(info.annotation)
        blank = numeric and any(cell is None for cell in cells)
        columns[name] = (
            np.array([np.nan if cell is None else cell for cell in cells], dtype=float) if blank else cells
        )
    frame = pd.DataFrame(columns)
    return frame.set_index(list(table.model.key)) if table.indexed else frame


def _types(annotation: Any) -> set[Any]:
    """The plain types inside an annotation."""
    inside = get_args(annotation)
    return {annotation}.union(*(_types(argument) for argument in inside)) if inside else {annotation}


def read_sources(path: Path) -> dict[str, str]:
    """Entries of a BibTeX file by key, in its order.

    Args:
        path: The file; an entry begins with `@` at the beginning of a line.

    Returns:
        Text of each entry.

    Raises:
        EvidenceError: If the file is not text in UTF-8, or a key is missing or there twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    entries: dict[str, str] = {}
    for part in re.split(r"^(?=[ \t]*@\w+\s*\{)", text, flags=re.MULTILINE)[1:]:
        found = re.match(r"\s*@\w+\s*\{\s*([^,\s]+)\s*,", part)
        if not found:
            raise EvidenceError(
                f"{path.name}: no key in the entry {part.split()[0]!r}; write @misc{{key, ...}}"
            )
        if found[1] in entries:
            raise EvidenceError(f"{path.name}: two entries with the key {found[1]!r}; merge them")
        entries[found[1]] = part.strip()
    return entries
