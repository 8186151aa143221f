"""What the engines say of a hidden population, as rows, as words and as a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from costmodel import figures, record
from costmodel.briefing.captions import ETHICS_CARD, Caption
from costmodel.briefing.plates import Plate
from costmodel.briefing.writer import write_plate
from costmodel.evidence.lists import CaptureTable, shown_count
from costmodel.hidden.checks import check_lists
from costmodel.hidden.decomposable import LISTS_MAX
from costmodel.hidden.together import ENGINES, HiddenPopulation
from costmodel.printing import render_table
from costmodel.summary import printed

#: Digits that the error of an engine leaves a meaning: resampling and chains that hardly mix have fewer.
DIGITS = {"stepwise": 2, "latent_class": 2, "mixture": 2, "corrected": 2}
MOST_DIGITS = 3
#: What a table of lists stands for, and what its total may not be used for.
USE = (
    "For: how many persons the lists of one place and time have missed, as a span of answers. Not for: ranking places, "
    "quoting one engine alone, or as a number of children: it counts whom the lists count, of all their ages."
)
MIXTURE_WORDS = (
    "mixture: engines that converged, weighted by how well each predicts a cell it has not seen; corrected: the same "
    "with the downward bias and the further error that such estimates had where one list was held out as the truth "
    "(binette_steorts_2022)"
)
COLUMN_WORDS = {
    "engine": "name of the engine, or mixture, or corrected",
    "estimate": "persons on any list or on none [persons]",
    "low": "lower end of the interval [persons]",
    "high": "upper end of the interval [persons]",
    "converged": "whether the number may be used",
    "weight": "weight of the engine in the mixture",
    "note": "what was chosen, and how far it converged",
    "without": "list that is left out; blank: none",
    "first": "one list",
    "second": "another; the same: all persons of the list",
    "persons": "persons on both, whatever else they are on; a small or unknown count is not given in full, and all are "
    "rounded to 5 where the table has a small cell [persons]",
}


def engine_rows(found: HiddenPopulation, *, level: float, every: bool) -> list[dict[str, Any]]:
    """One row an engine, then the mixture and its correction.

    Args:
        found: What the engines say.
        level: Level of the intervals [share].
        every: Whether engines that cannot take the table have a row too, without numbers.

    Returns:
        Rows: engine, estimate, low, high [persons], converged.
    """
    rows = []
    for name in ENGINES if every else found.fits:
        if name in found.fits:
            fit = found.fits[name]
            low, high = fit.interval(level)
            rows.append(_row(name, fit.estimate, low, high, fit.converged))
        else:
            rows.append(_row(name, np.nan, np.nan, np.nan, False))
    if sum(fit.converged for fit in found.fits.values()) > 1 and found.mixture.size:
        tail = (1 - level) / 2
        for name, draws in (("mixture", found.mixture), ("corrected", found.corrected)):
            low, middle, high = np.quantile(draws, [tail, 0.5, 1 - tail])
            rows.append(_row(name, middle, low, high, True))
    return rows


def _row(engine: str, estimate: float, low: float, high: float, converged: bool) -> dict[str, Any]:
    numbers = {"estimate": estimate, "low": low, "high": high}
    return {"engine": engine, **{k: round(float(v), 2) for k, v in numbers.items()}, "converged": converged}


def spread_words(rows: Sequence[Mapping[str, Any]]) -> str:
    """How far apart the engines are, in a sentence: part of the answer."""
    used = [row["estimate"] for row in rows if row["engine"] in ENGINES and row["converged"]]
    if len(used) < 2:
        return "Only one engine, or none, has an answer: how far it rests on the method cannot be said."
    low, high = min(used), max(used)
    return (
        f"Between engines that converged the total runs from {printed(low, 0, digits=2)} to "
        f"{printed(high, 0, digits=2)}: a factor of {high / low:.1f} that no single interval shows."
    )


def show_hidden(
    found: HiddenPopulation,
    rows: Sequence[Mapping[str, Any]],
    left_out: Sequence[Mapping[str, Any]],
    *,
    level: float,
) -> str:
    """The answer as text: every engine, the spread, the mixture, what the lists cannot say, which lists matter."""
    table = found.table
    cells = []
    for row in rows:
        fit, name = found.fits.get(row["engine"]), str(row["engine"])
        weight = f"{found.weights[name]:.2f}" if fit is not None and len(found.fits) > 1 else ""
        note = fit.note if fit is not None else _note(name)
        shown = [_persons(row[k], row) for k in ("estimate", "low", "high")]
        cells.append(
            [name, shown[0], f"{shown[1]} to {shown[2]}" if shown[0] else "", _yes(row), weight, note]
        )
    head = ["engine", "persons in all", f"{level:.0%} interval", "converged", "weight", "note"]
    seen = shown_count(int(table.low.sum()), int(table.high.sum()), base=table.base)
    title = f"{table.name}: {seen} persons on {len(table.lists)} lists ({', '.join(table.lists)})"
    parts = [render_table(head, cells, title=title), spread_words(rows)]
    if any(row["engine"] == "mixture" for row in rows):
        parts.append(MIXTURE_WORDS[0].upper() + MIXTURE_WORDS[1:] + ".")
    parts += [f"Of these lists: {warning}." for warning in check_lists(table)]
    if left_out:
        parts.append(_show_left_out(left_out))
    return "\n".join(parts)


def _note(name: str) -> str:
    if name == "decomposable":
        return f"takes at most {LISTS_MAX} lists"
    return "" if name in ENGINES else f"see below: {name}"


def _yes(row: Mapping[str, Any]) -> str:
    if row["engine"] not in ENGINES or not np.isfinite(row["estimate"]):
        return ""
    return "yes" if row["converged"] else "NO"


def _persons(value: float, row: Mapping[str, Any]) -> str:
    """Persons with the digits that the error of the engine leaves a meaning; blank where there is no number."""
    digits = DIGITS.get(str(row["engine"]), MOST_DIGITS)
    return printed(value, 0, digits=digits) if np.isfinite(value) else ""


def _show_left_out(left_out: Sequence[Mapping[str, Any]]) -> str:
    """Estimates without each list, a row a list."""
    names = list(dict.fromkeys(row["without"] for row in left_out))
    engines = list(dict.fromkeys(row["engine"] for row in left_out))
    by_key = {(row["without"], row["engine"]): row for row in left_out}
    cells = []
    for name in names:
        line = [name or "(none)"]
        for engine in engines:
            row = by_key.get((name, engine))
            shown = _persons(row["estimate"], row) or "cannot be estimated" if row else ""
            failed = row is not None and not row["converged"] and bool(np.isfinite(row["estimate"]))
            line.append(f"{shown} (not converged)" if failed else shown)
        cells.append(line)
    return render_table(
        ["without", *engines], cells, title="Which lists matter: persons in all without each list"
    )


def overlap_rows(table: CaptureTable) -> list[dict[str, str]]:
    """Persons on each two lists, as an output may print them."""
    low, high = table.overlap()
    return [
        {
            "first": table.lists[i],
            "second": table.lists[j],
            "persons": shown_count(int(low[i, j]), int(high[i, j]), base=table.base),
        }
        for i in range(len(table.lists))
        for j in range(i, len(table.lists))
    ]


def write_hidden(
    found: HiddenPopulation,
    rows: Sequence[Mapping[str, Any]],
    left_out: Sequence[Mapping[str, Any]],
    out: Path,
    *,
    level: float,
    seed: int,
) -> None:
    """Write the answer whole or not at all: tables, figures, the text, what it may be used for.

    Args:
        found: What the engines say.
        rows: `engine_rows`.
        left_out: Estimates without each list; none where that was not asked for.
        out: The folder; an older one of the same kind is replaced whole.
        level: Level of the intervals [share].
        seed: Seed of the run.

    Raises:
        OutputError: If `out` is something else.
    """
    engines = pd.DataFrame(rows)
    engines["weight"] = engines["engine"].map(found.weights).round(4)
    engines["note"] = [found.fits[n].note if n in found.fits else "" for n in engines["engine"]]
    whole = [
        {
            "without": "",
            "engine": n,
            "estimate": f.estimate,
            "converged": f.converged,
        }
        for n, f in found.fits.items()
        if any(row["engine"] == n for row in left_out)
    ]
    tables = {"engines": engines, "overlap": pd.DataFrame(overlap_rows(found.table))}
    if left_out:
        tables["leave_one_list_out"] = pd.DataFrame([*whole, *left_out])
    with record.whole_folder(out, kind="hidden_id") as folder:
        for name, table in tables.items():
            text = table.to_csv(index=False, lineterminator="\n", float_format="%.10g")
            record.write_part(text, folder / f"{name}.csv")
        meanings = pd.DataFrame(COLUMN_WORDS.items(), columns=["column", "meaning"])
        record.write_part(meanings.to_csv(index=False, lineterminator="\n"), folder / "columns.csv")
        write_plate(_plate_engines(found, engines, level=level), folder / "figures")
        if left_out:
            write_plate(_plate_left_out(found, tables["leave_one_list_out"]), folder / "figures")
        text = show_hidden(found, rows, left_out, level=level)
        ethics = "\n".join([USE, *ETHICS_CARD]) + "\n"
        record.write_part(f"{text}\n\n{USE}\n", folder / "hidden.txt")
        record.write_part(ethics, folder / "ethics.txt")
        made: dict[str, Any] = {
            "hidden_id": record.run_id({"text": record.text_hash(text), "seed": seed, **record.versions()}),
            "versions": record.versions(),
            "seed": seed,
            "level": level,
            "lists": list(found.table.lists),
            "ethics": ethics,
        }
        record.write_record({**made, "files": record.file_hashes(folder)}, folder)


def _plate_engines(found: HiddenPopulation, data: pd.DataFrame, *, level: float) -> Plate:
    """The figure of all engines side by side."""
    words = []
    for row in data.to_dict("records"):
        if np.isfinite(row["estimate"]):
            shown = [_persons(row[k], row) for k in ("estimate", "low", "high")]
            failed = "" if row["converged"] else ", not converged"
            said = figures.ENGINE_WORDS[row["engine"]]
            words.append(f"{said} {shown[0]} ({shown[1]} to {shown[2]}{failed})")
    caption = Caption(
        title=f"{found.table.name}: how many persons in all, listed or not",
        reading=f"Dot: estimate; line: {level:.0%} interval; open and dashed: not converged; dotted upright line: "
        "persons listed.",
        basis=f"{spread_words(data.to_dict('records'))} Persons of all ages that the lists count, in their own time.",
        source=f"Source: overlapping lists {', '.join(found.table.lists)}; costmodel, MODEL.md section 11.",
        alt=f"Interval chart, one row an engine. {'; '.join(words)}.",
    )

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        figure, axes = figures.canvas(
            width_mm=width_mm,
            height_mm=38.0 + 9.0 * len(data),
            title="" if bare else caption.title,
            note="" if bare else caption.note,
        )
        figures.plot_engines(data, n_listed=found.table.n_listed, ax=axes[0])
        return figure

    return Plate("engines", caption, data, draw)


def _plate_left_out(found: HiddenPopulation, data: pd.DataFrame) -> Plate:
    """The figure of what happens without each list."""
    words = [
        f"without {row['without'] or 'none'}, {row['engine']} {_persons(row['estimate'], row) or 'no estimate'}"
        for row in data.to_dict("records")
    ]
    caption = Caption(
        title=f"{found.table.name}: which lists matter",
        reading="Marker: estimate of one engine; open: not converged.",
        basis="A list whose absence moves the answer much carries it; intervals are left out.",
        source=f"Source: overlapping lists {', '.join(found.table.lists)}; costmodel, MODEL.md section 11.",
        alt=f"Dots, one row a list that is left out. {'; '.join(words)}.",
    )

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        figure, axes = figures.canvas(
            width_mm=width_mm,
            height_mm=48.0 + 14.0 * (len(found.table.lists) + 1),
            title="" if bare else caption.title,
            note="" if bare else caption.note,
        )
        figures.plot_left_out_lists(data, ax=axes[0])
        return figure

    return Plate("leave_one_list_out", caption, data, draw)
