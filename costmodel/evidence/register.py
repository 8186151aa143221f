"""Read the tables of evidence; hold each row to what it must say, and the tables against each other."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence.agreement import disagreements, refuse
from costmodel.evidence.guards import collisions
from costmodel.evidence.merging import check_unique, merged
from costmodel.evidence.rows import base, costs, facts, programmes, victims
from costmodel.evidence.rows.base import Row

DATA = Path(__file__).parent / "data"
SOURCES = "sources.bib"


@dataclass(frozen=True)
class Table:
    """One table: its file, what a row must say, and whether its key is the index."""

    file: str
    model: type[Row]
    indexed: bool = True


TABLES: Mapping[str, Table] = {
    "anchors": Table("anchors.csv", costs.Anchor),
    "studies": Table("studies.csv", costs.Study),
    "grades": Table("grades.csv", costs.GradeError),
    "valuations": Table("valuations.csv", costs.Valuation),
    "mixes": Table("mixes.csv", costs.Mix, indexed=False),
    "priors": Table("priors.csv", costs.Prior),
    "counts": Table("victims.csv", victims.VictimCount),
    "estimates": Table("estimates.csv", victims.Estimate),
    "programmes": Table("programmes.csv", programmes.Programme, indexed=False),
    "effects": Table("effects.csv", programmes.Effect),
    "countries": Table("countries.csv", facts.Country),
    "prices": Table("prices.csv", facts.Price),
    "children": Table("children.csv", facts.Children),
    "lifetables": Table("lifetables.csv", facts.Survivors),
    "regions": Table("regions.csv", facts.Member, indexed=False),
    "violence_types": Table("violence_types.csv", facts.ViolenceShare),
    "payers": Table("payers.csv", facts.Payer, indexed=False),
    "discounting": Table("discounting.csv", facts.DiscountStep, indexed=False),
    "constants": Table("constants.csv", facts.Constant),
    "earnings_profile": Table("earnings_profile.csv", facts.EarningsPoint, indexed=False),
    "tables": Table("tables.csv", facts.TableSource),
    "durations": Table("durations.csv", victims.Duration),
    "exposures": Table("exposures.csv", victims.Exposure),
}


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """The published numbers as printed, one table each; columns are described in data/README.md.

    Attributes:
        anchors: Published unit costs, totals, shares of GDP, ratios and counts; index id.
        studies: What each study says, and what its figures may not be used for; index study.
        grades: What each grade of evidence adds to the error of a figure; index grade.
        valuations: Published values of health and discount rates behind studies and priors; index id.
        mixes: Victim mixes of the studies.
        priors: Prior distributions with their reasons; index name.
        counts: Registered victims by country and year, as intervals; index id.
        estimates: Published estimates of victims, registered or not; index id.
        programmes: Cost and reach of programmes by income group.
        effects: Effect of each programme and the study behind it; index programme.
        countries: Facts of countries; index iso3.
        prices: Deflators, rates, GDP and population; index area, year.
        children: Children aged 0-17; index iso3, year.
        lifetables: Survivors of one birth; index iso3, age.
        regions: Members of regions.
        violence_types: Share of each type in the burden of violence; index type.
        payers: Who bears each component.
        discounting: Discount presets.
        constants: Named numbers that are neither estimated nor chosen; index name.
        earnings_profile: Earnings by age relative to their peak.
        tables: Where whole tables come from; index table.
        durations: Time in exploitation as printed; index id.
        exposures: Children in groups at risk, by area; index id.
        sources: Bibliography: key -> BibTeX entry.
        own: Text of each file of one's own by its name, and of the sources beside them.
    """

    anchors: pd.DataFrame
    studies: pd.DataFrame
    grades: pd.DataFrame
    valuations: pd.DataFrame
    mixes: pd.DataFrame
    priors: pd.DataFrame
    counts: pd.DataFrame
    estimates: pd.DataFrame
    programmes: pd.DataFrame
    effects: pd.DataFrame
    countries: pd.DataFrame
    prices: pd.DataFrame
    children: pd.DataFrame
    lifetables: pd.DataFrame
    regions: pd.DataFrame
    violence_types: pd.DataFrame
    payers: pd.DataFrame
    discounting: pd.DataFrame
    constants: pd.DataFrame
    earnings_profile: pd.DataFrame
    tables: pd.DataFrame
    durations: pd.DataFrame
    exposures: pd.DataFrame
    sources: Mapping[str, str]
    own: Mapping[str, str] = field(default_factory=dict)


#: Tables to which rows of one's own may be added.
OWN = (
    *("anchors", "mixes", "studies", "valuations", "counts", "estimates", "durations", "exposures"),
    *("programmes", "effects"),
)


def read_evidence(extra: Sequence[str | Path] = ()) -> Evidence:
    """Read the evidence of the package and rows of one's own.

    Args:
        extra: Files with the columns of a table of the package (data/README.md); their rows are added to it, or
            take the place of the rows that they name in `supersedes`. New sources are looked for in a
            `sources.bib` beside each file.

    Returns:
        The evidence as printed.

    Raises:
        EvidenceError: If a file is missing, or a row does not say what it must: which row, and what to do.

    Example:
        >>> evidence = read_evidence()
        >>> float(evidence.anchors.at["eu_thb_2020_eu27_unit", "value"])
        337462.0
    """
    frames = {name: read_table(DATA / table.file, table) for name, table in TABLES.items()}
    sources, own = read_sources(DATA / SOURCES), {}
    origin: dict[str, str] = {}
    paths = [Path(path) for path in extra]
    for path in paths:
        name = _table_of(path)
        more = read_table(path, TABLES[name])
        frames[name] = merged(frames[name], more, file=path.name, key=TABLES[name].model.key)
        own[path.name] = path.read_text(encoding="utf-8-sig")
        origin |= {f"{name}.{row}": path.name for row in more.index if TABLES[name].indexed}
    beside = [path.parent / SOURCES for path in paths if (path.parent / SOURCES).exists()]
    new = {key: entry for path in beside for key, entry in read_sources(path).items() if key not in sources}
    if new:
        own[SOURCES] = "\n".join(new.values()) + "\n"
    evidence = Evidence(**frames, sources={**sources, **new}, own=own)
    named = {TABLES[name].file: (name, frame) for name, frame in frames.items()}
    refuse(disagreements(named, evidence.sources, origin=origin))
    refuse(collisions(evidence.anchors, evidence.regions, origin=origin))
    return evidence


def _table_of(path: Path) -> str:
    """The table whose columns a file has; where it has those of none, the one that it resembles most."""
    columns = set(_read_lines(path)[0][1])

    def fit(name: str) -> tuple[bool, int]:
        fields = TABLES[name].model.model_fields
        needed = {column for column, info in fields.items() if info.is_required()}
        return needed <= columns <= set(fields), len(columns & set(fields))

    return max(OWN, key=fit)


def read_dictionary(name: str) -> dict[str, str]:
    """What each column of a table means, from data/README.md.

    Args:
        name: Name of the table, as anchors.

    Returns:
        Column -> meaning, in the order of the dictionary.
    """
    text = (DATA / "README.md").read_text(encoding="utf-8")
    section = text.split(f"## {TABLES[name].file}\n")[1].split("\n## ")[0]
    shared, own = (_meanings(part) for part in (text.split("\n## ")[0], section))
    return {
        column: shared.get(column, words) if words == "see above" else words for column, words in own.items()
    }


def _meanings(text: str) -> dict[str, str]:
    """Column -> meaning from the rows of a dictionary; one row may speak of several columns."""
    rows = re.findall(r"^\| (`.+?`) \| (.+) \|$", text, flags=re.MULTILINE)
    return {column: words for cell, words in rows for column in re.findall(r"`(\w+)`", cell)}


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
    lines = _read_lines(path)
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


def _read_lines(path: Path) -> list[tuple[int, list[str]]]:
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
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EvidenceError(f"{path}: cannot be read ({error}); save it as a CSV file in UTF-8") from None
    if not lines:
        raise EvidenceError(f"{path}: empty; the first line must name the columns")
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


#: Kind of problem -> what is said of it; words in braces come from the problem.
SAID = {
    "missing": "no {column}; {remedy}",
    "value_error": "{error}",
    "literal_error": "{column} is {written!r}; write one of {words}{hint}",
    "greater_than_equal": "{column} is {written}; it must be {ge:g} or more",
    "less_than_equal": "{column} is {written}; it must be {le:g} or less",
    "greater_than": "{column} is {written}; it must be above {gt:g}",
    "less_than": "{column} is {written}; it must be below {lt:g}",
    "string_pattern_mismatch": "{column} is {written!r}; it must look like {pattern}",
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
    return SAID.get(kind, "{column}: {msg}").format(
        column=column,
        written=written,
        msg=problem["msg"],
        remedy=_remedy(model.model_fields[column]) if column else "",
        words=", ".join(words),
        hint=suggestion(str(written), words),
        **problem.get("ctx", {}),
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
        path: The file; an entry begins with `@` and ends with a closing brace, each in the first column.

    Returns:
        Text of each entry.

    Raises:
        EvidenceError: If a key is there twice.
    """
    entries: dict[str, str] = {}
    for match in re.finditer(
        r"^@\w+\{\s*([^,\s]+),.*?^\}", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    ):
        if match.group(1) in entries:
            raise EvidenceError(f"{path.name}: two entries with the key {match.group(1)!r}; merge them")
        entries[match.group(1)] = match.group(0)
    return entries
